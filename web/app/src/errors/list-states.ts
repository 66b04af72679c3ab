/** What a list shows instead of rows. */
export { default as Empty } from './states/empty.svelte';
export { default as Failed } from './states/failed.svelte';
export { default as FilteredEmpty } from './states/filtered-empty.svelte';
export { default as Skeleton } from './states/skeleton.svelte';
