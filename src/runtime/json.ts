// Json. Owns the type of what crosses the store and the wire.
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
export type JsonObject = { readonly [key: string]: Json }
/** A JSON Schema (2020-12), as tools and structured outputs declare it. */
export type JsonSchema = { readonly [key: string]: unknown }
