// Numbers, times and shortened text as the page shows them.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const tenths = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })

export const formatCount = (value) => whole.format(value)

/** Rates below ten have one decimal. */
export const formatRate = (value) => (value < 10 ? tenths : whole).format(value)

export function formatBytes(bytes) {
  let value = bytes
  for (const unit of ['B', 'KiB', 'MiB', 'GiB']) {
    if (value < 1024 || unit === 'GiB')
      return `${(unit === 'B' || value >= 100 ? whole : tenths).format(value)}\u00a0${unit}`
    value /= 1024
  }
  return ''
}

export function formatDuration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds}\u00a0s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}\u00a0min ${seconds % 60}\u00a0s`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours}\u00a0h ${minutes % 60}\u00a0min` : `${Math.floor(hours / 24)}\u00a0days`
}

export const formatTime = (at) => new Date(at).toLocaleTimeString('en-GB')

/** Text that the server may have cut. */
export const formatShort = ({ text, isCut }) => (isCut ? `${text}…` : text)

export function formatNames({ first, count }) {
  const names = first.map(formatShort).join(', ')
  return count > first.length ? `${names} and ${formatCount(count - first.length)} more` : names
}
