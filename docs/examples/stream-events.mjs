// Sends events over one WebSocket: one JSON object a line on standard input, one line of outcome each on standard output.
// Node 22 or newer, no dependency:
//
//   node stream-events.mjs 'ws://127.0.0.1:3000/api/v1/events/stream?sentry_key=<key>' < events.ndjson
//
// Whatever breaks, every event arrives once: each has an id of its own, and is sent again until it was answered.
import { randomUUID } from 'node:crypto'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'

/** Messages without an answer; the server takes up to 1,000. */
const WINDOW = 128
const RETRY_MIN_MS = 100
const RETRY_MAX_MS = 10_000

const [address] = process.argv.slice(2)
if (!address) {
  console.error('Usage: stream-events.mjs <address> < events.ndjson')
  process.exit(1)
}

/** Without an answer yet, by ref, in the order they were read. */
const unanswered = new Map()
let socket
let lastRef = 0
let failures = 0
let refused = 0
let allRead = false
/** Called when an answer has made room. */
let goOn = () => {}

connect()
for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() === '') continue
  const event = { event_id: randomUUID(), ...JSON.parse(line) }
  const ref = ++lastRef
  unanswered.set(ref, event)
  send(ref)
  if (unanswered.size >= WINDOW) await new Promise((resolve) => (goOn = resolve))
}
allRead = true
finishWhenAnswered()

function connect() {
  socket = new WebSocket(address)
  socket.addEventListener('open', () => {
    // Some of these may have arrived before: their ids tell the server.
    for (const ref of unanswered.keys()) send(ref)
  })
  socket.addEventListener('message', ({ data }) => {
    failures = 0
    void answered(JSON.parse(data))
  })
  // 'error' is always followed by 'close'.
  socket.addEventListener('close', async ({ code, reason }) => {
    if (allRead && unanswered.size === 0) return
    const pauseMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** failures++) * (0.5 + Math.random())
    console.error(`Connection closed (${code} ${reason}), again in ${Math.round(pauseMs)} ms`)
    await delay(pauseMs)
    connect()
  })
}

function send(ref) {
  const event = unanswered.get(ref)
  if (event && socket.readyState === WebSocket.OPEN)
    socket.send(JSON.stringify({ type: 'event', ref, event }))
}

async function answered({ type, ref, id, error }) {
  if (!unanswered.has(ref)) return
  if (type === 'error' && error.retryAfterSeconds !== undefined) {
    await delay(error.retryAfterSeconds * 1_000)
    return send(ref)
  }
  unanswered.delete(ref)
  if (type === 'ack') console.log(`stored ${id}`)
  else {
    refused++
    console.log(`refused ${error.code}: ${error.message}`)
  }
  goOn()
  finishWhenAnswered()
}

function finishWhenAnswered() {
  if (!allRead || unanswered.size > 0) return
  socket.close(1000)
  process.exitCode = refused > 0 ? 1 : 0
}
