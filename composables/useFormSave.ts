// Saving a form: busy while it runs; what the server finds wrong stands at its field, anything else is told as a toast
// and the words stay in the form.
import type { FormError } from '@nuxt/ui'
import { fieldErrorsOf, problemOf } from '~/composables/useApi'

interface FormSave {
  /** The `<UForm>`: gets the errors of its fields. */
  form: Readonly<Ref<{ setErrors(errors: FormError[]): void } | null>>
  /** The form's name of a field the server named. */
  fieldOf?: (name: string) => string
}

/**
 * @returns `busy`, and `save`, which runs `work` and tells the sentence that it gives, if any, as what was done.
 */
export function useFormSave({ form, fieldOf = (name) => name }: FormSave) {
  const toast = useToast()
  const busy = ref(false)

  async function save(work: () => Promise<string | undefined>): Promise<void> {
    busy.value = true
    try {
      const description = await work()
      if (description) toast.add({ title: 'Saved', description, color: 'success', icon: 'i-lucide-check' })
    } catch (error) {
      const fields = fieldErrorsOf(error)
      if (fields.length)
        form.value?.setErrors(fields.map((field) => ({ ...field, name: field.name && fieldOf(field.name) })))
      else
        toast.add({
          title: 'Not saved',
          description: `${problemOf(error).message} Your changes are still in the form.`,
          color: 'error',
        })
    } finally {
      busy.value = false
    }
  }

  return { busy, save }
}
