package as

import (
	"maps"
	"slices"
)

// Clients are the registered clients without their secrets, in the order of their
// IDs.
func (s *Server) Clients() []Client {
	s.registry.mu.RLock()
	defer s.registry.mu.RUnlock()
	var list []Client
	for _, id := range slices.Sorted(maps.Keys(s.registry.clients)) {
		list = append(list, s.registry.clients[id].Client)
	}
	return list
}

// RemoveClient forgets a client; false if there is none. Its access tokens stay
// what they are.
func (s *Server) RemoveClient(id string) bool {
	s.registry.mu.Lock()
	defer s.registry.mu.Unlock()
	c, ok := s.registry.clients[id]
	if ok && c.Itself {
		s.registry.itself--
	}
	delete(s.registry.clients, id)
	return ok
}

// Users are those who can log in, without their passwords, the oldest first.
func (s *Server) Users() []User {
	s.registry.mu.RLock()
	defer s.registry.mu.RUnlock()
	var list []User
	for _, u := range s.registry.users {
		list = append(list, u.User)
	}
	return list
}

// RemoveUser forgets a user; false if there is none. What was granted stays so.
func (s *Server) RemoveUser(sub string) bool {
	s.registry.mu.Lock()
	defer s.registry.mu.Unlock()
	before := len(s.registry.users)
	s.registry.users = slices.DeleteFunc(slices.Clone(s.registry.users), func(a account) bool { return a.Sub == sub })
	return len(s.registry.users) < before
}
