package spec

// Said returns where a key of the service is written, and whether it is.
func (s *Service) Said(path ...string) (Position, bool) {
	return s.source.at(path...), s.source.has(path...)
}

// Said returns where a key of factory.yaml is written, and whether it is.
func (p *Project) Said(path ...string) (Position, bool) {
	return p.source.at(path...), p.source.has(path...)
}
