package introspect

// Parse exports parse for the fuzz test. Fuzzing a whole client would not work
// well, because the client's code coverage differs from run to run.
func Parse(data []byte) (*Response, error) { return parse(data) }
