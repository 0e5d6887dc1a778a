                -- The row is as an earlier release shipped it. A column that this release did not list is somebody else's,
                -- unless nobody has filled it.
                WHEN judged.shipped[CAST(c.place AS pg_catalog.int4)]
                    OR (judged.shipped IS NOT NULL AND (c.live IS NULL OR c.live = c.missing)) THEN 1
