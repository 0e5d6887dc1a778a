-- Whether a cell that was kept is in conflict still: the seed file names it and says otherwise, and nobody has taken the
-- edit back.
(NOT c.insert_only AND c.live IS DISTINCT FROM c.desired
    AND (-c.slot = ANY ({kept}) OR (c.slot = ANY ({kept}) AND d.stood IS DISTINCT FROM {live_digest})))
