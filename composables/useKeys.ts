// Keys without a modifier (`?`, `g` then `i`, `x` …) can be turned off: a screen reader or a speech tool may need them.
// `singleKeys` is the reader's choice, `helpOpen` the list of keys. Which keys there are: usePageActions.

const YEAR_SECONDS = 365 * 24 * 3600

export const useKeys = () => {
  const choice = useCookie<'on' | 'off'>('mesher-keys', {
    maxAge: YEAR_SECONDS,
    sameSite: 'lax',
    default: () => 'on',
  })
  const singleKeys = computed({
    get: () => choice.value !== 'off',
    set: (on) => (choice.value = on ? 'on' : 'off'),
  })
  const helpOpen = useState('keys-help', () => false)
  return { singleKeys, helpOpen }
}
