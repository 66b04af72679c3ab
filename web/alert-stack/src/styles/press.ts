// What can be pressed: buttons that show a word or a shape, and links.
export const press = /* css */ `
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
`;
