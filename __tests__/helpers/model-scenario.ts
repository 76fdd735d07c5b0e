/** What happens in one round of the model check, all of it made from the round's seed. */
import fc from 'fast-check'
import type { Bounds } from './ledger.js'
import type { WireOptions } from './wire.js'

export const CHANNELS = ['a', 'b', 'c', 'd'] as const

/** Several, so that many are used just twice: once while a client reads, and once while it is away. */
const REUSED_IDS = ['u', 'w', 'x', 'y', 'z']

export interface MessagePlan {
  channel: string
  key: string | null
  padding: number
  /** One of `REUSED_IDS`, or what it is made of. */
  ownId: string
}

export type FilterAction =
  | { do: 'publish'; message: MessagePlan }
  | { do: 'subscribe'; call: Omit<SubscribePlan, 'filter'> }
  | { do: 'unsubscribe'; channel: string }
  | { do: 'throw' | 'send' | 'close' }

/** Rejects every so-manieth event, and acts at some that it is asked about. */
export interface FilterPlan {
  rejects: number
  every: number
  action: FilterAction | null
}

export interface SubscribePlan {
  channels: string[]
  from: 'latest' | 'now' | 'start'
  resume: boolean
  filter: FilterPlan | null
}

export interface ClientPlan {
  /** What its handler subscribes to: each so many turns after the one before. */
  calls: (SubscribePlan & { turns: number })[]
  /** An ID that nobody gave out, for its first connection. */
  hasForeignId: boolean
  /** Whether `res.write` is wrapped, as by a middleware. */
  isWrapped: boolean
  /** The length of its update window in real milliseconds. */
  conflate: number | null
  /** Whether a connection that comes back also reads what the one before had been subscribed to later. */
  keepsChannels: boolean
}

export type Step =
  | { do: 'publish'; message: MessagePlan; times: number }
  | { do: 'publishList'; messages: MessagePlan[] }
  | { do: 'connect'; client: number; wire: WireOptions; allow: number | null; cutAfter: number | null }
  | { do: 'drop' | 'flow' | 'close' | 'disconnect' | 'send' | 'comment' | 'forgetId'; client: number }
  | { do: 'allow' | 'cutAfter'; client: number; bytes: number }
  | { do: 'subscribe'; client: number; call: SubscribePlan }
  | { do: 'unsubscribe'; client: number; channel: string }
  | { do: 'wait'; turns: number }
  | { do: 'forget'; channel: string; key: string }
  | { do: 'pass' | 'jump'; ms: number }

export interface Scenario {
  bounds: Bounds
  clients: ClientPlan[]
  steps: Step[]
  /** Whether time passes with every publish, so that no two events share a millisecond. */
  isTicking: boolean
  /** Real milliseconds between writes. */
  coalesce: number | false
  ending: 'drain' | 'close'
}

/** Milliseconds. */
export const LONGEST_WINDOW = 4

const CLIENTS = 3
const PLENTY = 1_000_000

export function scenarios(): fc.Arbitrary<Scenario> {
  return fc
    .record({
      ids: fc.constantFrom<Kind['ids']>('none', 'none', 'unique', 'any', 'any'),
      channels: fc.integer({ min: 1, max: CHANNELS.length }),
      isTight: fc.boolean(),
      isCalm: fc.boolean(),
    })
    .chain(scenario)
}

interface Kind {
  /** Own IDs of the app. */
  ids: 'none' | 'unique' | 'any'
  channels: number
  isTight: boolean
  /** Clients that never have to wait: they must get every event. */
  isCalm: boolean
}

function scenario({ ids, channels, isTight, isCalm }: Kind): fc.Arbitrary<Scenario> {
  const names = CHANNELS.slice(0, channels)
  const channel = fc.constantFrom(...names)
  const client = fc.nat(CLIENTS - 1)
  const ownId = {
    none: fc.constant('none'),
    unique: fc.constantFrom('none', 'unique'),
    any: fc.constantFrom('none', 'unique', ...REUSED_IDS),
  }[ids]
  const message: fc.Arbitrary<MessagePlan> = fc.record({
    channel,
    key: fc.constantFrom(null, null, 'k', 'l', 'm', 'n'),
    padding: fc.oneof(
      { weight: 12, arbitrary: fc.nat(60) },
      { weight: 3, arbitrary: fc.integer({ min: 300, max: 3000 }) },
      { weight: 1, arbitrary: fc.constant(40_000) },
    ),
    ownId,
  })
  const from = fc.constantFrom<SubscribePlan['from']>('latest', 'now', 'start')
  const resume = fc.constantFrom(true, true, true, false)
  const named = fc.subarray([...names], { minLength: 1 })
  const unfiltered = fc.record({ channels: named, from, resume })
  const action = fc.oneof(
    { weight: 4, arbitrary: fc.constant(null) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('publish' as const), message }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('subscribe' as const), call: unfiltered }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('unsubscribe' as const), channel }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('throw' as const, 'send' as const, 'close' as const) }) },
  )
  const filter: fc.Arbitrary<FilterPlan> = fc.record({
    rejects: fc.constantFrom(0, 2, 3),
    every: fc.integer({ min: 1, max: 6 }),
    action,
  })
  const call = fc.record({ channels: named, from, resume, filter: fc.oneof(fc.constant(null), filter) })
  const plan: fc.Arbitrary<ClientPlan> = fc.record({
    calls: fc.array(
      fc.tuple(call, fc.constantFrom(0, 0, 0, 1, 3)).map(([subscribe, turns]) => ({ ...subscribe, turns })),
      { minLength: 1, maxLength: 3, size: 'max' },
    ),
    hasForeignId: fc.constantFrom(false, false, false, false, true),
    isWrapped: fc.constantFrom(false, false, true),
    conflate: fc.constantFrom(null, null, null, 1, 5, LONGEST_WINDOW),
    keepsChannels: fc.boolean(),
  })
  const bytes = fc.oneof(fc.nat(200), fc.nat(2000))
  const calmWire = fc.constant({ highWaterMark: 100 * PLENTY, isPrompt: true })
  const tinyWire = fc.record({ highWaterMark: fc.constantFrom(1, 16, 300, 16_384), isPrompt: fc.boolean() })
  const wire = isCalm ? calmWire : fc.oneof({ weight: 3, arbitrary: tinyWire }, calmWire)
  const orNull = <T>(some: fc.Arbitrary<T>) => fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, some)
  const turns = fc.integer({ min: 1, max: 4 })
  const quiet: { weight: number; arbitrary: fc.Arbitrary<Step> }[] = [
    {
      weight: 10,
      arbitrary: fc.record({ do: fc.constant('publish'), message, times: fc.constantFrom(1, 1, 1, 2, 3, 8) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('publishList'), messages: fc.array(message, { maxLength: 6 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('forget'), channel, key: fc.constantFrom('k', 'l', 'm', 'n') }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('connect'),
        client,
        wire,
        allow: isCalm ? fc.constant(null) : orNull(bytes),
        cutAfter: orNull(fc.oneof(fc.nat(300), bytes)),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constantFrom('drop', 'close', 'disconnect', 'send', 'comment'), client }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('forgetId'), client }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('cutAfter'), client, bytes }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('subscribe'), client, call }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('unsubscribe'), client, channel }) },
    { weight: 8, arbitrary: fc.record({ do: fc.constant('wait'), turns }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('pass'), ms: fc.constantFrom(1, 3, 20) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('jump'), ms: fc.constantFrom(-5, -3_600_000, 3_600_000) }) },
  ]
  const stalls: typeof quiet = isCalm
    ? []
    : [
        { weight: 4, arbitrary: fc.record({ do: fc.constant('allow'), client, bytes }) },
        { weight: 3, arbitrary: fc.record({ do: fc.constant('flow'), client }) },
      ]
  return fc.record({
    bounds: bounds(isTight, ids === 'any'),
    clients: fc.array(plan, { minLength: CLIENTS, maxLength: CLIENTS }),
    steps: fc.array(fc.oneof(...quiet, ...stalls), { minLength: 15, maxLength: 70, size: 'max' }),
    isTicking: fc.boolean(),
    coalesce: fc.constantFrom<Scenario['coalesce']>(false, false, 1, LONGEST_WINDOW),
    ending: fc.constantFrom('drain', 'close', 'close', 'close'),
  })
}

/**
 * Each bound is tight in some rounds and far in others, so that it is seen alone too. Where IDs are reused, history is short:
 * then the log has evicted the first event with an ID when the second comes.
 */
function bounds(isTight: boolean, reusesIds: boolean): fc.Arbitrary<Bounds> {
  const far = { events: 1000, bytes: PLENTY * 4, age: 300_000 }
  if (!isTight) return fc.constant({ history: far, bytes: PLENTY * 64, keys: 10_000 })
  const either = (tight: fc.Arbitrary<number>, otherwise: number) => fc.oneof(tight, fc.constant(otherwise))
  const history = fc.record({
    events: reusesIds ? fc.integer({ min: 1, max: 4 }) : either(fc.integer({ min: 1, max: 12 }), far.events),
    bytes: either(fc.constantFrom(400, 1500, 5000), far.bytes),
    age: either(fc.constantFrom(1, 4, 25), far.age),
  })
  return fc.record({
    history: fc.oneof({ weight: 4, arbitrary: history }, { weight: 1, arbitrary: fc.constant<false>(false) }),
    bytes: reusesIds ? fc.constant(PLENTY * 64) : fc.constantFrom(2000, 8000, PLENTY * 64, PLENTY * 64),
    keys: fc.constantFrom(1, 3, 10_000, 10_000),
  })
}
