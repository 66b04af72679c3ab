// A card, and the panel that holds the cards.
export const card = /* css */ `
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
`;
