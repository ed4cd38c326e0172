// Which end of a stack comes first: newest call unless the reader chose otherwise; remembered in a cookie, so that the
// server already renders it their way.
const YEAR_SECONDS = 365 * 24 * 3600

export function useStackOrder() {
  const order = useCookie<'newest' | 'oldest'>('mesher-stack-order', {
    default: () => 'newest',
    maxAge: YEAR_SECONDS,
    sameSite: 'lax',
  })
  const newestFirst = computed({
    get: () => order.value !== 'oldest',
    set: (value) => {
      order.value = value ? 'newest' : 'oldest'
    },
  })
  return { newestFirst }
}
