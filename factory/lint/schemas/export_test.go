package schemas

// MatchForTest compiles an expression as a run does.
func (c *Catalog) MatchForTest(expression string) { c.pattern(expression) }
