/**
 * Where signing in and out happens. The server says it, and it is always a path
 * of its own; anything else is taken for nothing.
 */
export function ownPath(address: string | undefined): string | undefined {
  return address !== undefined && /^\/(?![/\\])[\w./-]*$/.test(address) ? address : undefined;
}

/** The address that leads to signing in and back to where the person is now. */
export function signInAddress(
  loginUrl: string | undefined,
  here: Pick<Location, 'pathname' | 'search' | 'hash'>,
): string | undefined {
  const path = ownPath(loginUrl);
  return path && `${path}?next=${encodeURIComponent(here.pathname + here.search + here.hash)}`;
}
