// The webhooks of a project: all of them (there are at most twenty), and what is done to one. A test is awaited: its
// answer is the delivery as it was queued, and what came of it stands in the log a moment later.
import { MAX_WEBHOOKS } from '#shared/constants/limits'
import type { Webhook, WebhookDelivery, WebhookWithSecret } from '#shared/schemas/webhook'
import { problemOf, useApi } from '~/composables/useApi'

/** Longer than an attempt takes. */
const WAIT_MS = 15_000
const LOOK_EVERY_MS = 500

export function useWebhooks(projectId: string) {
  const api = useApi()
  const toast = useToast()
  const path = `/projects/${projectId}/webhooks`
  const { data, error, status, refresh } = useAsyncData(
    `webhooks:${projectId}`,
    () => api<{ data: Webhook[] }>(path, { query: { limit: MAX_WEBHOOKS } }).then(({ data }) => data),
    { lazy: true, deep: false },
  )

  /** The id of the one that something is done to. */
  const busy = ref<string | null>(null)
  async function run<T>(webhook: Webhook, failed: string, work: () => Promise<T>): Promise<T | null> {
    busy.value = webhook.id
    try {
      return await work()
    } catch (failure) {
      toast.add({
        title: failed,
        description: problemOf(failure).message,
        icon: 'i-lucide-circle-x',
        color: 'error',
      })
      return null
    } finally {
      busy.value = null
      await refresh()
    }
  }

  const said = (title: string) => toast.add({ title, icon: 'i-lucide-circle-check', color: 'success' })
  const switchTo = (webhook: Webhook, enabled: boolean) =>
    run(webhook, 'The webhook was not changed', async () => {
      await api(`${path}/${webhook.id}`, { method: 'PATCH', body: { enabled } })
      said(`“${webhook.name}” is switched ${enabled ? 'on' : 'off'}`)
    })
  const remove = (webhook: Webhook) =>
    run(webhook, 'The webhook was not deleted', async () => {
      await api(`${path}/${webhook.id}`, { method: 'DELETE' })
      said(`“${webhook.name}” is deleted`)
      return true
    })
  const replaceSecret = (webhook: Webhook) =>
    run(webhook, 'The secret was not replaced', () =>
      api<WebhookWithSecret>(`${path}/${webhook.id}/secret`, { method: 'POST' }),
    )

  const test = (webhook: Webhook) =>
    run(webhook, 'No test was sent', async () => {
      let delivery = await api<WebhookDelivery>(`${path}/${webhook.id}/test`, { method: 'POST' })
      const until = Date.now() + WAIT_MS
      while (delivery.state === 'pending' && Date.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
        delivery = await api<WebhookDelivery>(`/projects/${projectId}/webhook-deliveries/${delivery.id}`)
      }
      if (delivery.state === 'delivered')
        toast.add({
          title: `The test arrived at “${webhook.name}”`,
          description: `It answered ${delivery.statusCode} after ${delivery.durationMs} ms.`,
          icon: 'i-lucide-circle-check',
          color: 'success',
        })
      else
        toast.add({
          title: `The test did not arrive at “${webhook.name}”`,
          description:
            delivery.state === 'failed'
              ? [delivery.error, delivery.answer].filter(Boolean).join(': ')
              : 'It still waits: look at its deliveries in a moment.',
          icon: 'i-lucide-circle-x',
          color: 'error',
        })
      return delivery
    })

  return { webhooks: data, error, status, refresh, busy, switchTo, remove, replaceSecret, test }
}
