-- The smallest and the largest value of each measure, from facts.

DELETE FROM bounds;
INSERT INTO bounds SELECT 'lead_time', min(lead_time), max(lead_time) FROM facts;
INSERT INTO bounds SELECT 'since_previous', min(since_previous), max(since_previous) FROM facts;
INSERT INTO bounds SELECT 'recovery', min(recovery), max(recovery) FROM facts;
INSERT INTO bounds SELECT 'attempts', min(attempts), max(attempts) FROM facts;
