import { readFileSync } from 'node:fs'

/** Windows tells of itself and of others by different clocks. */
const TOLERANCE_MS = 2000

/**
 * When a process was started, which together with its number names it for as long as the machine runs;
 * null when it has ended and nobody has taken notice yet, undefined where the system does not tell.
 */
export function startOf(pid: number): string | null | undefined {
  try {
    switch (process.platform) {
      case 'linux':
      case 'android':
        return ofLinux(pid)
      case 'win32':
        return ofWindows(pid)
      default:
        return ofBSD(pid)
    }
  } catch {
    return undefined
  }
}

/** Whether a process runs, and is the one that was started then. In doubt it is. */
export function isRunning(pid: number, start: string): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const found = startOf(pid)
  if (found === undefined) return true
  if (process.platform !== 'win32') return found === start
  return Math.abs(Number(found) - Number(start)) < TOLERANCE_MS
}

/** Clock ticks since the machine was booted. */
function ofLinux(pid: number): string | null {
  // The second field is the program's name in parentheses and may hold anything.
  const [, fields] = /\) (.*)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))!
  const [state, ...rest] = fields!.split(' ')
  return state === 'Z' || state === 'X' ? null : rest[18]!
}

function ofBSD(pid: number): string | null {
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' }
  const { execFileSync } = process.getBuiltinModule('node:child_process')
  const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [, state, start] = /^\s*(\S+)\s+(.*\S)/.exec(line)!
  return state!.startsWith('Z') ? null : start!
}

/** Milliseconds since 1970. */
function ofWindows(pid: number): string {
  if (pid === process.pid) return String(Math.round(Date.now() - 1000 * process.uptime()))
  const script = `([DateTimeOffset](Get-Process -Id ${pid}).StartTime).ToUnixTimeMilliseconds()`
  const { execFileSync } = process.getBuiltinModule('node:child_process')
  return execFileSync('powershell', ['-NoProfile', '-Command', script], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    windowsHide: true,
  }).trim()
}
