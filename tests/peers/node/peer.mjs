// A worker of the official Node SDK, driven by JSON lines on stdin and stdout.
//
// The same as ../python_peer.py, function by function and command by command.

import { createHash } from 'node:crypto'
import { createInterface } from 'node:readline'
import { http } from '@iii-dev/helpers/http'
import { InvocationError, registerWorker, TriggerAction } from 'iii-sdk'
import { createChannel } from 'iii-sdk/helpers'

// stdout is for answers; the SDK logs there.
console.debug = console.log = console.info = console.error

const { PEERS_RUN: RUN, PEERS_PREFIX: PREFIX, PEERS_NAME: NAME } = process.env
const CHUNK = Buffer.alloc(64 * 1024, Buffer.from([0x00, 0xff]))

const iii = registerWorker(process.env.III_URL, {
  workerName: NAME,
  enableMetricsReporting: false,
  otel: { enabled: false },
  reconnectionConfig: { initialDelayMs: 50 },
})
const references = new Map()
const notes = { taken: [], waiting: [] }

// -- functions ---------------------------------------------------------------------------

function register(functionId, handler, trigger) {
  const [service, action] = functionId.split('::')
  const fullId = `${service}${RUN}::${action}`
  references.set(fullId, iii.registerFunction(fullId, handler))
  if (trigger) bind({ function_id: fullId, ...trigger })
}

function bind({ function_id, method, path, metadata }) {
  const config = { api_path: PREFIX + path, http_method: method }
  iii.registerTrigger({ type: 'http', function_id, config, metadata })
}

function take(note) {
  const waiting = notes.waiting.shift()
  if (waiting) waiting(note)
  else notes.taken.push(note)
}

async function digest(source) {
  const messages = []
  source.onMessage((message) => messages.push(message))
  const data = await source.readAll()
  const sha256 = createHash('sha256').update(data).digest('hex')
  return { bytes: data.length, sha256, messages }
}

function writeInto(writer, chunks) {
  writer.sendMessage('begin')
  for (let i = 0; i < chunks; i++) writer.stream.write(CHUNK)
  return new Promise((resolve, reject) => {
    writer.stream.once('error', reject)
    writer.stream.end(resolve)
  })
}

register(
  'greet::hello',
  async (request) => ({
    status_code: 200,
    body: { message: `Hello, ${request.path_params.name}!` },
  }),
  { method: 'GET', path: '/greet/:name' },
)
register(
  'users::create',
  async (request) => ({
    status_code: 201,
    headers: { 'Content-Type': 'application/json', Location: '/users/7' },
    body: { id: 7, ...request.body },
  }),
  { method: 'POST', path: '/users' },
)
register('payments::charge', async (data) => {
  if (data.amount < 0) throw new Error('card declined')
  return { charged: data.amount, by: NAME }
})
register('payments::hang', () => {
  take('hanging')
  return new Promise(() => {})
})
register(
  'notes::take',
  async (data, metadata) => {
    take({ data: { text: data.text ?? data.body.text }, metadata: metadata ?? null })
    return { status_code: 202, body: null }
  },
  { method: 'POST', path: '/notes', metadata: { source: 'web' } },
)
register('files::count', async (data) => digest(data.source))
register('files::produce', async (data) => {
  await writeInto(data.sink, data.chunks)
  return null
})
register(
  'pages::show',
  http(async (request, response) => {
    response.status(203)
    response.headers({ 'content-type': 'text/plain', 'x-by': NAME })
    for (const piece of ['one ', 'two ', 'three']) response.stream.write(piece)
    await new Promise((resolve) => response.stream.end(resolve))
  }),
  { method: 'GET', path: '/page' },
)
register(
  'pages::fail',
  async () => {
    throw new Error('out of paper')
  },
  { method: 'GET', path: '/fail' },
)
register(
  'pages::upload',
  http(async (request) => ({ status_code: 200, body: await digest(request.request_body) })),
  { method: 'POST', path: '/upload' },
)

// -- commands ----------------------------------------------------------------------------

const COMMANDS = {
  call: ({ timeout_ms, ...request }) => iii.trigger({ ...request, timeoutMs: timeout_ms }),
  void: (request) => iii.trigger({ ...request, action: TriggerAction.Void() }),
  enqueue: (request) =>
    iii.trigger({ ...request, action: TriggerAction.Enqueue({ queue: 'default' }) }),
  note: async () =>
    notes.taken.shift() ?? new Promise((resolve) => notes.waiting.push(resolve)),
  offer: async ({ function_id }) => {
    references.set(function_id, iii.registerFunction(function_id, async () => NAME))
  },
  withdraw: async ({ function_id }) => references.get(function_id).unregister(),
  trigger: async (request) => bind(request),
  send_file: async (request) => {
    const channel = await createChannel(iii)
    const called = iii.trigger({ ...request, payload: { source: channel.readerRef } })
    await writeInto(channel.writer, 3)
    return called
  },
  give_file: async ({ function_id, payload, argument, file, chunks }) => {
    const channel = await createChannel(iii)
    const given = { ...payload, [argument]: { ...file, ...channel.readerRef } }
    const called = iii.trigger({ function_id, payload: given })
    for (let i = 0; i < chunks; i++) channel.writer.stream.write(CHUNK)
    channel.writer.stream.end()
    return called
  },
  take_answer: async ({ function_id, payload }) => {
    const channel = await createChannel(iii)
    const given = { ...payload, $response: channel.writerRef }
    const called = iii.trigger({ function_id, payload: given })
    return { ...(await digest(channel.reader)), result: (await called) ?? null }
  },
}

async function answer(line) {
  const command = JSON.parse(line)
  let reply
  try {
    reply = { result: (await COMMANDS[command.do](command.with)) ?? null }
  } catch (error) {
    if (!(error instanceof InvocationError)) throw error
    const message = error.message.slice(error.code.length + 2)
    reply = { error: { code: error.code, message } }
  }
  process.stdout.write(`${JSON.stringify({ id: command.id, ...reply })}\n`)
}

const lines = createInterface({ input: process.stdin })
lines.on('line', answer)
lines.on('close', async () => {
  await iii.shutdown()
  process.exit(0)
})
