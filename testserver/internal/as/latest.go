package as

// latest keeps the last maxTokens values.
type latest[K comparable, V any] struct {
	kept   map[K]V
	order  []K // a ring once it is full
	oldest int
}

func (l *latest[K, V]) put(key K, v V) {
	if l.kept == nil {
		l.kept = map[K]V{}
	}
	if _, known := l.kept[key]; !known {
		if len(l.order) < maxTokens {
			l.order = append(l.order, key)
		} else {
			delete(l.kept, l.order[l.oldest])
			l.order[l.oldest] = key
			l.oldest = (l.oldest + 1) % maxTokens
		}
	}
	l.kept[key] = v
}

// sweep forgets what is dead.
func (l *latest[K, V]) sweep(dead func(V) bool) {
	order := make([]K, 0, len(l.order))
	for i := range l.order {
		key := l.order[(l.oldest+i)%len(l.order)]
		if v, ok := l.kept[key]; ok && dead(v) {
			delete(l.kept, key)
			continue
		}
		order = append(order, key)
	}
	l.order, l.oldest = order, 0
}
