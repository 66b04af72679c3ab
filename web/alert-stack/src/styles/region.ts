// Where the stack stands: one of four corners, above everything, never in the
// way of what is under it. Hosts move it by custom properties.
export const region = /* css */ `
  section {
    all: unset;
    box-sizing: border-box;
    position: fixed;
    z-index: var(--alerts-z-index, 2147483000);
    display: flex;
    flex-direction: column;
    width: min(var(--alerts-width, 384px), calc(100vw - 32px));
    max-height: calc(100dvh - 2 * var(--alerts-offset-block, 16px));
    color: var(--text);
    pointer-events: none;
  }
  .slot {
    display: contents;
  }
  section:not(:popover-open)[popover] {
    display: none;
  }
  [class^='bottom'] {
    bottom: calc(var(--alerts-offset-block, 16px) + env(safe-area-inset-bottom, 0px));
  }
  [class^='top-'] {
    top: calc(var(--alerts-offset-block, 16px) + env(safe-area-inset-top, 0px));
  }
  [class$='-right'] {
    right: var(--alerts-offset-inline, 16px);
    align-items: flex-end;
  }
  [class$='-left'] {
    left: var(--alerts-offset-inline, 16px);
    align-items: flex-start;
  }

  ol {
    list-style: none;
    margin: 0;
    padding: 0;
    min-height: 0;
    overflow: hidden auto;
    overscroll-behavior: contain;
  }
  li {
    display: grid;
    grid-template-rows: 1fr;
  }
`;
