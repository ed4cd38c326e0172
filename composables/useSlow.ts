// True once something has been going on for 200 ms: what is faster needs no skeleton.
import type { Ref } from 'vue'

export function useSlow(busy: Ref<boolean>, afterMs = 200) {
  const slow = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(
    busy,
    (now) => {
      clearTimeout(timer)
      if (!now) slow.value = false
      else if (import.meta.client) timer = setTimeout(() => (slow.value = true), afterMs)
    },
    { immediate: true },
  )
  onBeforeUnmount(() => clearTimeout(timer))
  return slow
}
