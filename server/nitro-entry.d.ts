// The framework's virtual module that its own server entries begin with; it ships no types for it.
declare module '#nitro-internal-pollyfills'
