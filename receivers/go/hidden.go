package kayle

// hidden keeps a value from fmt. Of a member that is not exported, fmt shows what it holds, whatever its
// Format, and follows one pointer for verbs that do not fit; it never follows two.
type hidden[T any] struct {
	pointer **T
}

func hide[T any](value T) hidden[T] {
	pointer := &value
	return hidden[T]{&pointer}
}

// expose returns the value; the zero value if none was hidden.
func (h hidden[T]) expose() T {
	if h.pointer == nil {
		var none T
		return none
	}
	return **h.pointer
}
