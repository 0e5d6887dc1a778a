-- What people do after the second files were applied.
UPDATE levels SET weight = 0 WHERE level = 3;
UPDATE roles SET rights = '{read,mine}' WHERE name = 'guest';
UPDATE flags SET title = 'Night' WHERE name = 'dark';
