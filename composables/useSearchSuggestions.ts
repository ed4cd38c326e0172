// What a search box suggests where the caret stands: keys (known ones at once, tags of recent events when they have
// come) or values of a key, asked for as they are typed and remembered while the box is there. A suggestion that cannot
// be had is not missed: whatever is typed can be searched for, so a failed question only leaves the list shorter.
import type { MaybeRefOrGetter, Ref } from 'vue'
import type { SearchKey } from '#shared/schemas/search'
import { watchDebounced } from '@vueuse/core'
import { completionAt } from '#shared/query/complete'
import { tagKeyText } from '#shared/query/format'
import { KEYS, knownKey, type QueryList } from '#shared/query/keys'
import { useApi } from '~/composables/useApi'

export interface Suggestion {
  /** What the list shows, and what is put into the text. */
  choice: string
  hint?: string
}

const ASK_AFTER_MS = 120
const SHOWN = 20

const startsWith = (text: string, prefix: string) => text.toLowerCase().startsWith(prefix.toLowerCase())

export function useSearchSuggestions(
  projectId: MaybeRefOrGetter<string | undefined>,
  list: QueryList,
  place: { text: Ref<string>; caret: Ref<number>; open: Ref<boolean> },
) {
  const api = useApi()
  const ask = <T>(path: string, query: Record<string, string>) =>
    api<{ data: T[] }>(`/projects/${toValue(projectId)}/search/${path}`, { query }).then(
      ({ data }) => data,
      () => [],
    )

  const tags = ref<string[]>([])
  let askedKeys = false
  async function askKeys() {
    if (askedKeys || toValue(projectId) === undefined) return
    askedKeys = true
    tags.value = (await ask<SearchKey>('keys', { list })).filter(({ tag }) => tag).map(({ key }) => key)
  }

  const completion = computed(() => completionAt(place.text.value, place.caret.value))
  const known = computed(() => {
    const { key, bracketed } = completion.value ?? {}
    return key === undefined || bracketed ? undefined : knownKey(key)
  })

  /** Values by key and prefix. */
  const asked = ref(new Map<string, string[]>())
  const question = computed(() => {
    const at = completion.value
    if (toValue(projectId) === undefined) return null
    if (at?.kind !== 'value' || at.key === undefined || known.value?.key === 'has') return null
    if (known.value?.values && known.value.key !== 'assigned') return null
    const tag = known.value ? 'false' : 'true'
    return {
      id: (prefix: string) => `${tag} ${at.key} ${prefix}`,
      query: { key: at.key, prefix: at.prefix, tag },
    }
  })
  watchDebounced(
    [question, place.open],
    async () => {
      if (!place.open.value) return
      void askKeys()
      const now = question.value
      const id = now?.id(now.query.prefix)
      if (!now || id === undefined || asked.value.has(id)) return
      const values = await ask<{ value: string }>('values', now.query)
      asked.value.set(
        id,
        values.map(({ value }) => value),
      )
    },
    { debounce: ASK_AFTER_MS, immediate: true },
  )

  /** What was found for this prefix, or until that has come, for the longest one before it. */
  const found = computed(() => {
    const { id, query } = question.value ?? {}
    if (!id || !query) return []
    for (let length = query.prefix.length; length >= 0; length--) {
      const values = asked.value.get(id(query.prefix.slice(0, length)))
      if (values) return values.filter((value) => startsWith(value, query.prefix))
    }
    return []
  })

  const suggestions = computed<Suggestion[]>(() => {
    const at = completion.value
    if (!at) return []
    const fitting = (names: readonly string[]) => names.filter((name) => startsWith(name, at.prefix))
    if (at.kind === 'key') {
      const keys = KEYS.filter(({ key, lists }) => lists.includes(list) && startsWith(key, at.prefix))
      return [
        ...keys.map(({ key, hint }) => ({ choice: `${key}:`, hint })),
        ...fitting(tags.value).map((key) => ({ choice: `${tagKeyText(key)}:`, hint: 'Tag' })),
      ].slice(0, SHOWN)
    }
    const fixed = fitting(known.value?.values ?? [])
    const more = known.value?.key === 'has' ? fitting(tags.value) : found.value
    const values = [...new Set([...fixed, ...more])]
    // What stands there already needs no suggestion.
    return values
      .filter((value) => value !== at.prefix)
      .slice(0, SHOWN)
      .map((choice) => ({ choice }))
  })

  return { completion, suggestions }
}
