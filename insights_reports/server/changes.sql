-- Every change of `facts` is counted, so that nobody computes with columns that were true before it.

CREATE TRIGGER facts_inserted AFTER INSERT ON facts
BEGIN UPDATE facts_state SET changes = changes + 1; END;
CREATE TRIGGER facts_updated AFTER UPDATE ON facts
BEGIN UPDATE facts_state SET changes = changes + 1; END;
CREATE TRIGGER facts_deleted AFTER DELETE ON facts
BEGIN UPDATE facts_state SET changes = changes + 1; END;
