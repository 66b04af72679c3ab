/**
 * The last name of a type, for places where room is short:
 * `java.lang.IllegalStateException` is read as `IllegalStateException`.
 * What does not look like a path of names stays whole.
 */
export const shortType = (type: string): string =>
  /^[\w$]+(?:(?:\.|::|\\)[\w$]+)+$/.test(type) ? (/[\w$]+$/.exec(type)?.[0] ?? type) : type;
