// The set-up page's patience: asks for the project's newest issue every two seconds while the page is visible, and
// says when one is there. Can also send a test event through the ingest door, exactly as a program would.
import type { IssueRow } from '#shared/schemas/issue'
import { useIntervalFn } from '@vueuse/core'
import { useApi } from '~/composables/useApi'
import { parseDsn } from '~/utils/setup-snippets'

const POLL_MS = 2_000

const testEvent = (projectName: string) => ({
  level: 'error',
  platform: 'javascript',
  environment: 'test',
  exception: {
    values: [
      {
        type: 'TestError',
        value: `This is a test event for ${projectName}: everything works`,
        mechanism: { type: 'generic', handled: true },
        stacktrace: {
          frames: [
            {
              filename: 'node_modules/router/index.js',
              function: 'handle',
              lineno: 174,
              colno: 3,
              in_app: false,
            },
            {
              filename: 'src/checkout/pay.ts',
              function: 'chargeCard',
              lineno: 42,
              colno: 11,
              in_app: true,
              pre_context: [
                'export async function chargeCard(order: Order) {',
                '  const card = await findCard(order.customer)',
              ],
              context_line: "  if (!card) throw new TestError('This is a test event: everything works')",
              post_context: ['  return gateway.charge(card, order.total)', '}'],
            },
          ],
        },
      },
    ],
  },
  breadcrumbs: {
    values: [
      {
        timestamp: new Date(Date.now() - 4_200).toISOString(),
        type: 'navigation',
        category: 'navigation',
        message: '/cart → /checkout',
      },
      {
        timestamp: new Date(Date.now() - 800).toISOString(),
        type: 'http',
        category: 'fetch',
        message: 'POST /api/orders',
        data: { status_code: 200 },
      },
    ],
  },
  tags: { source: 'set-up page' },
})

export const useFirstEvent = (projectId: string, initial: { received: boolean }) => {
  const api = useApi()
  const issue = ref<IssueRow | null>(null)
  const received = ref(initial.received)
  const failing = ref(false)

  async function look() {
    if (document.visibilityState !== 'visible') return
    try {
      const { data } = await api<{ data: IssueRow[] }>(`/projects/${projectId}/issues`, {
        query: { limit: 1, sort: 'lastSeen', since: '30d' },
      })
      failing.value = false
      if (data[0]) {
        issue.value = data[0]
        received.value = true
      }
    } catch {
      failing.value = true
    }
  }

  const { resume } = useIntervalFn(() => void look(), POLL_MS, { immediate: false })
  onMounted(() => {
    void look()
    resume()
  })

  async function sendTest(dsn: string, projectName: string) {
    const key = parseDsn(dsn)?.key
    await api('/events', {
      method: 'POST',
      headers: { 'X-Mesher-Key': key ?? '' },
      body: testEvent(projectName),
    })
    setTimeout(() => void look(), 700)
  }

  return { issue, received, failing, sendTest }
}
