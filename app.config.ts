// Nuxt UI's look for Mesher: petrol accent, mist neutrals, small and dense controls. Tokens are in assets/css/main.css.
export default defineAppConfig({
  ui: {
    colors: {
      primary: 'petrol',
      neutral: 'mist',
      success: 'green',
      info: 'blue',
      warning: 'amber',
      error: 'red',
      secondary: 'slate',
    },
    button: {
      slots: { base: 'cursor-pointer disabled:cursor-not-allowed' },
      defaultVariants: { size: 'sm' },
    },
    input: { slots: { root: 'w-full' } },
    // Out of the flow: were it to push the button down and vanish on blur, the click that caused the blur would miss.
    // Forms leave room for one line (`space-y-6`).
    formField: { slots: { error: 'absolute top-full left-0 mt-0.5 text-xs' } },
    select: { slots: { base: 'cursor-pointer' } },
    badge: { defaultVariants: { size: 'md' } },
    dashboardPanel: {
      slots: { root: 'min-h-0 h-svh', body: 'flex flex-col gap-5 flex-1 overflow-y-auto p-4 sm:p-6' },
    },
    dashboardNavbar: {
      slots: {
        root: 'h-(--ui-header-height) shrink-0 flex items-center justify-between border-b border-default px-4 sm:px-6 gap-2',
        title: 'flex items-center gap-1.5 font-semibold text-sm text-highlighted truncate',
      },
    },
    dashboardSidebar: {
      slots: {
        root: 'bg-muted min-h-0 h-svh',
        header: 'px-3',
        body: 'gap-3 px-3 py-2',
        footer: 'px-3 py-2 border-t border-default',
      },
      variants: { menu: { true: { header: 'sm:px-3', body: 'sm:px-3', footer: 'sm:px-3' } } },
    },
    toaster: { defaultVariants: { position: 'bottom-right' } },
  },
})
