package auth

import "container/list"

// recent is a map of at most size entries that forgets the one that was used
// longest ago. It does not lock.
type recent[K comparable, V any] struct {
	size    int
	entries map[K]*list.Element
	order   *list.List // of pair[K, V], newest use first
}

type pair[K comparable, V any] struct {
	key   K
	value V
}

func newRecent[K comparable, V any](size int) *recent[K, V] {
	return &recent[K, V]{size: size, entries: make(map[K]*list.Element), order: list.New()}
}

func (r *recent[K, V]) get(key K) (value V, ok bool) {
	element, ok := r.entries[key]
	if !ok {
		return value, false
	}
	r.order.MoveToFront(element)
	return element.Value.(*pair[K, V]).value, true
}

func (r *recent[K, V]) put(key K, value V) {
	if element, ok := r.entries[key]; ok {
		element.Value.(*pair[K, V]).value = value
		r.order.MoveToFront(element)
		return
	}
	if r.order.Len() >= r.size {
		oldest := r.order.Back()
		delete(r.entries, oldest.Value.(*pair[K, V]).key)
		r.order.Remove(oldest)
	}
	r.entries[key] = r.order.PushFront(&pair[K, V]{key, value})
}

func (r *recent[K, V]) remove(key K) {
	if element, ok := r.entries[key]; ok {
		r.order.Remove(element)
		delete(r.entries, key)
	}
}
