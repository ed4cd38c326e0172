// Where scrapers look by default: the same door under a short address.
export { default } from '../api/v1/system/metrics.get.ts'
