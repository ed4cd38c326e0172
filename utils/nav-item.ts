/** A link of a navigation (components/base/NavList.vue). */
export interface NavItem {
  label: string
  icon: string
  to: string
  /** Only at this very address, not at those below it. */
  exact?: boolean
  badge?: string
  /** What is heard in place of the label. */
  name?: string
}
