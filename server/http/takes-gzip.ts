// Whether a browser takes gzip, by its Accept-Encoding; `gzip;q=0` refuses it.
const WEIGHT = /^q=(\d(?:\.\d{0,3})?)$/

export const takesGzip = (accepted = ''): boolean =>
  accepted.split(',').some((one) => {
    const [name, weight] = one.split(';').map((part) => part.trim().toLowerCase())
    return name === 'gzip' && (weight === undefined || Number(WEIGHT.exec(weight)?.[1] ?? 0) > 0)
  })
