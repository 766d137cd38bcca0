package introspect

// Parse exports parse for the fuzzer, because the coverage of a whole client
// differs from run to run.
func Parse(data []byte) (*Response, error) { return parse(data) }
