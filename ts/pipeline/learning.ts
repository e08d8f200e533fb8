import { isDeepStrictEqual } from 'node:util'

import type { Criterion } from '../criterion/criterion.js'
import type { UnseenCategory } from '../data/preprocessing/column-transformer.js'
import type { Table } from '../data/table/table.js'
import { complaint, ValueError } from '../errors.js'
import { Adam } from '../optim/adam.js'
import type { Values } from '../options.js'
import { OnlineTrainer, type PartialFitResult } from '../train/online-trainer.js'
import { ColumnWatch } from './column-watch.js'
import { usualCriterion } from './criterion.js'
import type { Fitted } from './fitted.js'
import type { PARTIAL_FIT } from './options.js'

type Settings = Values<typeof PARTIAL_FIT>

/** A column whose latest rows are distributed otherwise than those of the training. */
export interface ShiftedColumn {
  readonly column: string
  /** Population stability index. */
  readonly stability: number
}

/** What `Pipeline.partialFit` tells. */
export interface PipelinePartialFitResult extends PartialFitResult {
  /** Categories of these rows that the training did not have. */
  readonly unseen: readonly UnseenCategory[]
  /** Columns whose index is at least `stabilityThreshold`, once there were `stabilityRows` rows. */
  readonly shifted: readonly ShiftedColumn[]
}

const LR = 1e-3

/** What a pipeline has learned goes on learning: from its first `partialFit` to its next `fit`. */
export class Learning {
  readonly #fitted: Fitted
  readonly #target: string
  readonly #settings: Settings
  readonly #trainer: OnlineTrainer
  readonly #watches: readonly (readonly [column: string, ColumnWatch])[]
  #turn: Promise<unknown> = Promise.resolve()

  /** @throws ValueError for options that do not go together, and when the network cannot be copied. */
  constructor(
    who: string,
    fitted: Fitted,
    target: string,
    criterion: Criterion | undefined,
    settings: Settings,
  ) {
    const { lr, optimizer, batchSize, replay, replayRows, drift, snapshotEvery, generator } =
      settings
    if (lr !== undefined && optimizer !== undefined)
      throw new ValueError(`${who}: lr and an optimizer of your own exclude each other`)
    this.#fitted = fitted
    this.#target = target
    this.#settings = settings
    this.#trainer = new OnlineTrainer(fitted.network, {
      batchSize,
      replay,
      replayRows,
      drift,
      snapshotEvery,
      generator,
      criterion: criterion ?? usualCriterion(fitted.task),
      optimizer: optimizer ?? ((parameters) => new Adam(parameters, { lr: lr ?? LR })),
    })
    this.#watches = Array.from(fitted.profile, ([name, profile]) => {
      return [name, ColumnWatch.of(profile, fitted.record.rows, settings.stabilityRows)] as const
    }).filter((entry): entry is [string, ColumnWatch] => entry[1] !== null)
  }

  /** @throws ValueError unless they are those it began with. */
  checkSettings(who: string, settings: Settings): void {
    const names = Object.keys(settings) as (keyof Settings)[]
    const others = names.filter((name) => !isDeepStrictEqual(settings[name], this.#settings[name]))
    if (others.length === 0) return
    const hint = 'they hold until the next fit'
    const got = `another ${others.join(' and ')}`
    throw new ValueError(complaint(who, 'the options', 'those of the first call', got, hint))
  }

  /**
   * Learns from rows that are there with their target.
   *
   * @throws ValueError, NotFiniteError for values that do not fit; nothing is changed then. As
   *   `OnlineTrainer.partialFit`.
   */
  async learn(table: Table): Promise<PipelinePartialFitResult> {
    const { columns, target } = this.#fitted
    const y = target.transform(table.column(this.#target))
    const unseen = columns.unseen(table)
    const x = columns.transformAsync(table)
    return this.#inTurn(async () => {
      const result = await this.#trainer.partialFit(await x, y)
      this.#fitted.partialFitRows += result.rows
      for (const [name, watch] of this.#watches) watch.add(table.column(name))
      return { ...result, unseen, shifted: this.#shifted() }
    }, x)
  }

  snapshot(): Promise<void> {
    return this.#inTurn(() => this.#trainer.snapshot())
  }

  rollback(): Promise<void> {
    return this.#inTurn(() => this.#trainer.rollback())
  }

  #shifted(): ShiftedColumn[] {
    return this.#watches.flatMap(([column, watch]) => {
      const { stability } = watch
      const shifts = stability !== null && stability >= this.#settings.stabilityThreshold
      return shifts ? [{ column, stability }] : []
    })
  }

  /** @param before What may fail before its turn comes; that is told then. */
  #inTurn<T>(body: () => Promise<T>, before?: Promise<unknown>): Promise<T> {
    before?.catch(() => undefined)
    const result = this.#turn.then(body)
    this.#turn = result.catch(() => undefined)
    return result
  }
}
