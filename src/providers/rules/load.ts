import { FAILED, UNKNOWN, type Rule } from './rule.ts';

/** The provider, not the key: another key would meet the same. */
export const SICK_CODES: readonly Rule[] = [
  {
    code: /capacity_(exceeded|exhausted)|^engine_max_pending|^model_(is_)?(busy|not_ready|loading|overloaded|at_capacity)|^model_serving_error$|no_capacity/,
    class: 'overloaded',
    scope: 'route',
    perModel: true,
    taken: 'the model is overloaded',
  },
  {
    code: /overload|^slow_down$|^queue_exceeded|^(server|service|engine)_(is_)?(busy|not_ready|loading|at_capacity)|^unavailable_error$|^(temporarily|provider)_unavailable$|^too_busy/,
    class: 'overloaded',
    scope: 'provider',
    taken: 'the provider is overloaded',
  },
];

export const SICK_PROSE: readonly Rule[] = [
  {
    status: FAILED,
    says: /\bno (deployments?|instances?|replicas?|workers?|healthy \w{1,20}) (are )?(currently )?available for\b|\bmodel\b.{0,60}\b(overloaded|at capacity|over capacity|busy|loading|warming up)|capacity exceeded for this model|no capacity available for (the )?model|\bmodel\b.{0,30}\btemporarily unavailable/i,
    class: 'overloaded',
    scope: 'route',
    perModel: true,
    taken: 'the model is overloaded',
  },
  {
    status: FAILED,
    says: /overloaded|high (traffic|demand|load)|(at|over|out of|insufficient|no) (max(imum)? |full )?capacity|capacity (is |has been |temporarily |currently ){0,3}(exceeded|exhausted|reached)|no (healthy|available) (upstream|backend|server|host|instance)|failure to get a peer|(server|service|system) (is )?(currently |too )?busy|maximum pending requests|loading model|not ready yet|temporarily unavailable|exceeded the maximum queue|queue is full/i,
    class: 'overloaded',
    scope: 'provider',
    taken: 'the provider is overloaded',
  },
];

/** Servers of one's own: the model fell over or does not fit, whoever asks. Some answer so with a 400. */
export const CRASH_RULES: readonly Rule[] = [
  {
    status: [UNKNOWN, 400, 404, 409, 500, 502, 503, 507],
    says: /\bmodel (has |was )?(unloaded or )?crashed\b|\b(model|runner|worker|engine|server) process (has |was |is )?(been )?(terminated|exited|died|crashed|killed|no longer running)|\b(engine ?core|worker|inference engine|engine|background loop|model server)\b.{0,20}\b(encountered an (issue|error)|has died|died|crashed|is dead|has errored|errored already)|\bout of ((gpu|cuda|video|system|device) )?memory\b|\brequires more ((system|gpu|video|available) )?memory\b|\b(insufficient|not enough|(unable|failed) to allocate|cannot allocate) (\w{1,20} )?(memory|system resources|vram)\b|\bfailed to load (the )?model\b|\berror loading (the )?model\b|\bmodel (loading|load) (has |was )?(failed|stopped|aborted)/i,
    class: 'server_error',
    scope: 'route',
    perModel: true,
    taken: 'the model crashed, or does not fit into the memory of its server',
  },
];

/**
 * Behind OpenRouter and its like, the provider's own pool: every key of the gateway shares it, so the route is held and no key.
 * Only a refusal of the caller's own account there (BYOK) is about a key; it comes with `upstream_429`, too, so it is tested first.
 */
export const UPSTREAM_RULES: readonly Rule[] = [
  {
    code: /^upstream_provider_account$/,
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
    taken: 'rate limited upstream, on an account of its own',
  },
  {
    code: /^upstream_(429|provider_shared_pool|rate_limit(ed|_exceeded)?)$/,
    says: /rate-?\s?limited (upstream|by (the )?upstream)|upstream.{0,30}(rate.?limit|too many requests)|shared (rate.?limit |provider )?pool/i,
    class: 'rate_limited',
    scope: 'route',
    perModel: true,
    taken: 'rate limited upstream',
  },
  {
    // A gateway's own limits never say that the provider returned them.
    status: [429],
    says: /^provider returned (an )?error/im,
    class: 'rate_limited',
    scope: 'route',
    perModel: true,
    taken: 'rate limited upstream',
  },
];

export const RATE_CODES: readonly Rule[] = [
  {
    code: /rate_?limit|too_many_(requests|tokens)|throttl|(request|token)s?_(quota|limit)_(exceeded|reached)|concurren\w*_(limit|requests|exceeded)|^(requests|tokens)_per_/,
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
    taken: 'rate limited',
  },
];

export const RATE_PROSE: readonly Rule[] = [
  {
    // Words for it that no sample has. Not for a 413, where a limit of requests is one of size.
    status: [403, 503, UNKNOWN],
    says: /too quickly\b|^rate exceeded|^rate.?limit|\brate.?limit(ed)?[.!]?$|\b(request|call|token)s? rate\b.{0,30}(exceeded|too high)|\bthrottl(ed|ing)\b|\b(concurren\w{1,4}|parallel|simultaneous)\b.{0,40}(limit|exceeded|reached|too many)|too many (concurrent|parallel|simultaneous|calls|messages)|^slow down\b|слишком много запросов|요청.{0,6}(많|초과)|レート制限|\b(requests?|calls?|quota)\b.{0,30}\blimit\b.{0,40}\b(exceeded|reached|exhausted)|\bout of (tokens|requests)\b|demasiadas (solicitudes|peticiones)|trop de requêtes|zu viele anfragen|muitas (solicitações|requisições)|请求.{0,6}(频繁|过多|过快)|(频率|速率|并发).{0,8}(限制|超)|限流|リクエスト.{0,6}多すぎ/im,
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
    taken: 'rate limited',
  },
  {
    status: [403, 413, 503, UNKNOWN],
    says: /rate.?limit(s|ed)?\b.{0,60}(reached|exceed|hit)|(reached|exceed\w{0,6}|hit)\b.{0,60}rate.?limit|too many (requests|tokens per)|\bbeing rate.?limited|\bquota (limit )?(is |was |has been )?exceeded|(requests|tokens) per (second|minute|day)\b.{0,40}(exceeded|reached|\(actual)/im,
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
    taken: 'rate limited',
  },
  {
    status: [429, UNKNOWN],
    code: /^resource_exhausted|resource_has_been_exhausted|^quota_exceeded$|^limit_(exceeded|reached)/,
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
    taken: 'rate limited',
  },
  { status: [429], class: 'rate_limited', scope: 'group', perModel: true, taken: 'rate limited' },
];
