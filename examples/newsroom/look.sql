-- Who may do what.
SELECT role.name, resource.app || '.' || resource.model AS resource, string_agg(action, ', ' ORDER BY action) AS actions
FROM role_permissions
JOIN roles AS role ON role.id = role_id
JOIN permissions AS permission ON permission.id = permission_id
JOIN resources AS resource ON resource.id = resource_id
WHERE role.name IN ('author', 'moderator') GROUP BY 1, 2 ORDER BY 1, 2;

-- A part of the tree of sections, in French.
WITH RECURSIVE tree AS (
    SELECT id, title AS path FROM sections JOIN section_translations ON section_id = id
    WHERE parent_id IS NULL AND language = 'fr'
    UNION ALL
    SELECT child.id, path || ' > ' || title FROM tree JOIN sections AS child ON child.parent_id = tree.id
    JOIN section_translations ON section_id = child.id AND language = 'fr'
) SELECT path FROM tree WHERE path LIKE 'Politique%' ORDER BY path;
