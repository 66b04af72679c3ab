// The style sheet of the shadow root, as text for one constructed sheet.

// One palette for both themes (light-dark), four places on the screen, no
// colour without a shape or a word beside it. Hosts reach in by custom
// properties and parts; everything here may be read, none of it is inline.
export const styles = /* css */ `
  :host {
    color-scheme: light dark;
    --bg: light-dark(#ffffff, #171b21);
    --hover: light-dark(#f1f4f9, #20262f);
    --text: light-dark(#171a21, #e8ebf0);
    --muted: light-dark(#525a69, #a3acba);
    --line: light-dark(#d5d9e0, #2c333d);
    --link: light-dark(#1f56c4, #86b1ff);
    --on-link: light-dark(#ffffff, #0f1216);
    --shadow: 0 1px 2px light-dark(#10182814, #0006), 0 6px 20px -4px light-dark(#10182829, #000a);
    display: contents;
    font: 400 12px/16px system-ui, sans-serif;
    font-variant-numeric: tabular-nums;
  }
  :host([theme='light']) {
    color-scheme: light;
  }
  :host([theme='dark']) {
    color-scheme: dark;
  }
  * {
    box-sizing: border-box;
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  .critical {
    --sev: light-dark(#9c1430, #ff9db0);
    --tint: light-dark(#fdecef, #3a1420);
    --on-sev: light-dark(#ffffff, #2a0a14);
  }
  .error {
    --sev: light-dark(#b3261e, #ff9f94);
    --tint: light-dark(#fdeeec, #381816);
  }
  .warning {
    --sev: light-dark(#8a4b00, #f5b95a);
    --tint: light-dark(#fff4e0, #33240d);
  }
  .info {
    --sev: light-dark(#1f56c4, #86b1ff);
    --tint: light-dark(#eaf1fe, #16243f);
  }

  /* -- the region ------------------------------------------------------------ */

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

  /* -- a card ---------------------------------------------------------------- */

  .panel,
  .pill {
    background: var(--bg);
    border: 1px solid var(--line);
    border-radius: 8px;
    box-shadow: var(--shadow);
    pointer-events: auto;
  }
  .panel {
    display: flex;
    flex-direction: column;
    align-self: stretch;
    min-height: 0;
    overflow: hidden;
  }
  .card {
    min-height: 0;
    overflow: hidden;
    background: var(--bg);
    border-bottom: 1px solid var(--line);
    touch-action: pan-y;
  }
  .card:hover {
    background: var(--hover);
  }
  .card.critical {
    background: color-mix(in srgb, var(--tint) 55%, var(--bg));
  }
  :focus-visible {
    outline: 2px solid var(--link);
    outline-offset: 2px;
    border-radius: 8px;
  }
  .card:focus-visible {
    outline-offset: -2px;
  }
  .inner {
    display: grid;
    grid-template-columns: 28px minmax(0, 1fr) 28px;
    column-gap: 10px;
    padding: 9px 8px 8px 10px;
  }
  .badge,
  .count,
  .fresh {
    /* Unseen, until forced colours take the backgrounds away. */
    border: 1px solid transparent;
  }
  .badge {
    display: grid;
    place-items: center;
    width: 28px;
    height: 28px;
    border-radius: 8px;
    color: var(--sev);
    background: var(--tint);
  }
  .critical > .inner > .badge,
  .pill.critical .badge {
    color: var(--on-sev);
    background: var(--sev);
  }
  svg {
    width: 16px;
    height: 16px;
    fill: none;
    stroke: currentColor;
    stroke-width: 2;
    stroke-linecap: round;
    stroke-linejoin: round;
    flex: none;
  }
  .title {
    margin: 0;
    padding-top: 5px;
    font-size: 13px;
    line-height: 18px;
    font-weight: 600;
    overflow-wrap: anywhere;
    display: -webkit-box;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 2;
    overflow: hidden;
  }
  .meta,
  .links {
    gap: 0 6px;
    min-width: 0;
    color: var(--muted);
  }
  .meta {
    grid-column: 2 / -1;
    /* As tall as a counter from the start: a first repeat moves nothing. */
    min-height: 20px;
    padding: 2px 4px 0 0;
    white-space: nowrap;
  }
  .meta > * {
    flex: none;
  }
  .meta > :last-child {
    flex: 0 1 auto;
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .meta > * + *::before {
    content: '·';
    margin-right: 6px;
    color: var(--muted);
  }
  .meta > .count::before {
    content: none;
  }
  .level {
    font-weight: 600;
    color: var(--sev);
  }
  .count {
    padding: 0 6px;
    border-radius: 9px;
    background: var(--tint);
    color: var(--sev);
    font-weight: 600;
  }
  .links {
    grid-column: 2 / -1;
    gap: 0 4px;
    margin-left: -6px;
    padding-top: 1px;
  }
  .links > :last-child {
    flex: none;
  }
  .trouble {
    grid-column: 2 / -1;
    flex-wrap: wrap;
    gap: 0 4px;
    padding-top: 4px;
    color: light-dark(#b3261e, #ff9f94);
  }

  .meta,
  .links,
  .trouble,
  .row,
  .lead,
  .done,
  .line,
  .fresh,
  .pill {
    display: flex;
    align-items: center;
  }

  /* -- what can be pressed --------------------------------------------------- */

  button {
    all: unset;
    box-sizing: border-box;
    cursor: pointer;
    pointer-events: auto;
  }
  a,
  .text {
    display: inline-block;
    max-width: 100%;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    padding: 4px 6px;
    border-radius: 4px;
    color: var(--link);
    font-weight: 500;
    text-decoration: none;
  }
  a:hover {
    text-decoration: underline;
  }
  .text:hover,
  .icon:hover {
    background: var(--hover);
  }
  .icon {
    display: grid;
    place-items: center;
    width: 28px;
    height: 28px;
    border-radius: 4px;
    color: var(--muted);
  }
  .quiet {
    color: var(--muted);
  }
  .icon:hover,
  .quiet:hover {
    color: var(--text);
  }

  /* -- the line below -------------------------------------------------------- */

  .bar {
    flex: none;
    padding: 3px 4px;
    color: var(--muted);
  }
  .row {
    gap: 2px;
    min-height: 28px;
  }
  .lead {
    flex: 1 1 auto;
    min-width: 0;
    gap: 2px;
  }
  .word {
    padding-inline: 6px;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .done {
    gap: 6px;
    padding: 0 2px 0 8px;
    color: var(--text);
    white-space: nowrap;
  }
  .done svg {
    color: light-dark(#1a6b35, #7fd69a);
  }
  .more b {
    color: light-dark(#9c1430, #ff9db0);
  }
  .line {
    gap: 6px;
    padding: 1px 8px 4px;
  }
  .line::before {
    content: '';
    width: 3px;
    height: 3px;
    border: 2px solid light-dark(#8a4b00, #f5b95a);
    border-radius: 50%;
  }

  .fresh {
    align-self: center;
    gap: 4px;
    margin-bottom: 8px;
    padding: 4px 12px 4px 8px;
    border-radius: 14px;
    background: var(--link);
    color: var(--on-link);
    line-height: 20px;
    font-weight: 600;
    box-shadow: var(--shadow);
  }

  .pill {
    gap: 8px;
    height: 44px;
    padding: 0 14px 0 8px;
    border-radius: 22px;
    font-size: 14px;
    font-weight: 600;
  }
  .pill:hover {
    background: var(--hover);
  }
  .pill .badge {
    border-radius: 50%;
  }
  .pill .rest {
    font-size: 12px;
    font-weight: 400;
    color: var(--muted);
  }

  .vh {
    position: fixed;
    width: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  /* -- motion ---------------------------------------------------------------- */

  @keyframes enter {
    from {
      opacity: 0;
      grid-template-rows: 0fr;
    }
  }
  @keyframes leave {
    to {
      opacity: 0;
      grid-template-rows: 0fr;
      translate: 24px 0;
    }
  }
  @keyframes fade {
    from {
      opacity: 0;
    }
  }
  li.enter {
    animation: enter 160ms cubic-bezier(0.2, 0.8, 0.2, 1);
  }
  li.leave {
    animation: leave 120ms ease-in forwards;
    pointer-events: none;
  }
  .fresh,
  .pill,
  .panel {
    animation: fade 160ms ease-out;
  }
  @media (prefers-reduced-motion: reduce) {
    li.enter {
      animation-name: fade;
    }
    li.leave {
      animation: none;
      opacity: 0;
    }
  }

  /* -- other screens --------------------------------------------------------- */

  @media (pointer: coarse) {
    .icon,
    a,
    .text,
    .fresh {
      min-height: 44px;
      min-width: 44px;
    }
    a,
    .text {
      padding-block: 14px;
    }
    .inner {
      grid-template-columns: 28px minmax(0, 1fr) 44px;
    }
    .icon {
      margin: -6px -4px 0 0;
    }
    .bar .icon {
      margin: 0;
    }
    .links {
      margin-block: -8px;
    }
  }
  @media (max-width: 639.9px) {
    section[popover] {
      left: 8px;
      right: 8px;
      width: auto;
      align-items: stretch;
    }
    .pill {
      border-radius: 8px;
    }
    .pill > svg {
      margin-left: auto;
    }
    .card .title {
      -webkit-line-clamp: 3;
    }
  }
`;
