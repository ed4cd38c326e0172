// A bounded first-in-first-out queue between those who offer and the process that takes. It belongs to nobody: when
// its taker crashes it keeps what waits, and the next taker goes on. A taker that fails with a batch in hand puts it
// back with `requeue`, ahead of all others and even beyond the bounds (it was admitted once).
// On the hot path: a ring of plain arrays, no promise per item; only an idle `take` waits on one.

export interface MailboxLimits {
  maxItems: number
  maxBytes: number
}

/** Of a taker that leaves small batches to others: it takes when this much waits, or nobody took for a while. */
export interface Patience {
  atLeast: number
  afterMs: number
}

export interface Mailbox<T> {
  /** False when the item does not fit; the caller says so at the door. */
  offer(item: T, bytes: number): boolean
  /**
   * What waits now, at least one item and otherwise within both bounds; waits while there is none.
   * An empty array means the signal was aborted, and nothing else does.
   */
  take(maxItems: number, maxBytes: number, signal: AbortSignal, patience?: Patience): Promise<T[]>
  /** The same without waiting (may be empty): for draining at shutdown. */
  takeNow(maxItems: number, maxBytes: number): T[]
  /** Puts a taken batch back to the front, in its old order. */
  requeue(items: readonly T[], bytesOf: (item: T) => number): void
  readonly size: number
  readonly bytes: number
}

const INITIAL_CAPACITY = 256 // a power of two: positions wrap by masking

export function createMailbox<T>(limits: MailboxLimits): Mailbox<T> {
  let items = new Array<T | undefined>(INITIAL_CAPACITY)
  let sizes = new Array<number>(INITIAL_CAPACITY).fill(0)
  let head = 0
  let size = 0
  let bytes = 0
  const eager = new Set<() => void>()
  const patient = new Map<() => void, Patience>()
  let wakePlanned = false
  /** How often something was taken: tells whether anybody is at work. */
  let takes = 0
  let watch: NodeJS.Timeout | undefined

  function growTo(count: number) {
    if (count <= items.length) return
    const capacity = 2 ** Math.ceil(Math.log2(count))
    const mask = items.length - 1
    const nextItems = new Array<T | undefined>(capacity)
    const nextSizes = new Array<number>(capacity).fill(0)
    for (let i = 0; i < size; i++) {
      nextItems[i] = items[(head + i) & mask]
      nextSizes[i] = sizes[(head + i) & mask]!
    }
    items = nextItems
    sizes = nextSizes
    head = 0
  }

  // One wake per turn of the event loop, after its reads: the requests that arrived together become one batch.
  function planWake() {
    if (wakePlanned || eager.size + patient.size === 0) return
    wakePlanned = true
    setImmediate(() => {
      wakePlanned = false
      if (size === 0) return
      const [first] = eager
      if (first) return first()
      for (const [wake, { atLeast, afterMs }] of patient) {
        if (size >= atLeast) return wake()
        watch ??= setTimeout(wakeIfNobodyTook, afterMs, takes)
      }
    })
  }

  function wakeIfNobodyTook(takesThen: number) {
    watch = undefined
    const [first] = patient.keys()
    if (first && size > 0 && takes === takesThen) first()
    else if (size > 0) planWake()
  }

  function takeNow(maxItems: number, maxBytes: number): T[] {
    const mask = items.length - 1
    const batch: T[] = []
    let taken = 0
    while (size > 0 && batch.length < maxItems) {
      const itemBytes = sizes[head]!
      if (batch.length > 0 && taken + itemBytes > maxBytes) break
      batch.push(items[head] as T)
      items[head] = undefined
      head = (head + 1) & mask
      size--
      taken += itemBytes
    }
    bytes -= taken
    takes++
    return batch
  }

  function untilWoken(signal: AbortSignal, patience: Patience | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        eager.delete(done)
        patient.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      if (patience) patient.set(done, patience)
      else eager.add(done)
      signal.addEventListener('abort', done)
      if (size > 0) planWake()
    })
  }

  return {
    offer(item, itemBytes) {
      if (size >= limits.maxItems || (size > 0 && bytes + itemBytes > limits.maxBytes)) return false
      growTo(size + 1)
      const tail = (head + size) & (items.length - 1)
      items[tail] = item
      sizes[tail] = itemBytes
      size++
      bytes += itemBytes
      planWake()
      return true
    },
    async take(maxItems, maxBytes, signal, patience) {
      let due = size >= (patience?.atLeast ?? 1)
      while (!signal.aborted) {
        if (size > 0 && due) {
          const batch = takeNow(maxItems, maxBytes)
          if (size > 0) planWake()
          return batch
        }
        await untilWoken(signal, patience)
        due = true
      }
      // Aborted right after being woken: the wake belongs to another taker.
      if (size > 0) planWake()
      return []
    },
    takeNow,
    requeue(batch, bytesOf) {
      growTo(size + batch.length)
      const mask = items.length - 1
      for (let i = batch.length - 1; i >= 0; i--) {
        const item = batch[i] as T
        const itemBytes = bytesOf(item)
        head = (head - 1) & mask
        items[head] = item
        sizes[head] = itemBytes
        size++
        bytes += itemBytes
      }
      planWake()
    },
    get size() {
      return size
    },
    get bytes() {
      return bytes
    },
  }
}
