// Keys without a modifier (`?`, `g` then `i`, `x` …) can be turned off: a screen reader or a speech tool may need them.
// `useKeys().singleKeys` is the reader's choice; `whenSingle` gates a set of shortcuts with it.
import type { ShortcutsConfig } from '@nuxt/ui/composables'

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
  /** The shortcuts, or none while they are turned off. */
  const whenSingle = (shortcuts: ShortcutsConfig) => computed(() => (singleKeys.value ? shortcuts : {}))
  return { singleKeys, helpOpen, whenSingle }
}
