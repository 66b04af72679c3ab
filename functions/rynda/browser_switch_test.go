package main

// ageViews lets every quiet window pass at once: what people dismissed, they
// dismissed two days ago.
func (s *stage) ageViews() {
	s.exec("update groups set viewed_at = viewed_at - interval '2 days' where viewed_at is not null")
}
