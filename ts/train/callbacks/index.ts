export type {
  BatchContext,
  Callback,
  EpochContext,
  Logs,
  TrainContext,
  TrainEndContext,
} from './callback.js'
export { CSVLogger, type CSVLoggerOptions } from './csv-logger.js'
export { EarlyStopping, type EarlyStoppingOptions } from './early-stopping.js'
export { LearningRateMonitor } from './learning-rate-monitor.js'
export { ModelCheckpoint, type ModelCheckpointOptions } from './model-checkpoint.js'
export type { MonitorOptions } from './monitor.js'
export { NanWatchdog, type NanWatchdogOptions } from './nan-watchdog.js'
export { SummaryWriter, type SummaryWriterOptions } from './tensorboard/summary-writer.js'
export { TensorBoardLogger, type TensorBoardLoggerOptions } from './tensorboard-logger.js'
