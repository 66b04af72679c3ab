// The line below the cards, and what takes the place of the cards: the chip and
// the pill. Last, what only screen readers get.
export const bar = /* css */ `
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
`;
