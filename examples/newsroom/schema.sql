-- What the newsroom's migrations make: each row has a number that its database draws.
CREATE TABLE languages (code text PRIMARY KEY, name text NOT NULL);

CREATE TABLE sections (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    parent_id bigint REFERENCES sections,
    position int NOT NULL
);
CREATE TABLE section_translations (
    section_id bigint NOT NULL REFERENCES sections,
    language text NOT NULL REFERENCES languages,
    title text NOT NULL,
    PRIMARY KEY (section_id, language)
);

CREATE TABLE resources (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    app text NOT NULL,
    model text NOT NULL,
    UNIQUE (app, model)
);
CREATE TABLE permissions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    resource_id bigint NOT NULL REFERENCES resources,
    action text NOT NULL,
    UNIQUE (resource_id, action)
);

CREATE TABLE roles (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    description text NOT NULL,
    inherits_id bigint REFERENCES roles,
    enabled boolean NOT NULL DEFAULT true
);
CREATE TABLE role_translations (
    role_id bigint NOT NULL REFERENCES roles,
    language text NOT NULL REFERENCES languages,
    title text NOT NULL,
    PRIMARY KEY (role_id, language)
);
CREATE TABLE role_permissions (
    role_id bigint NOT NULL REFERENCES roles,
    permission_id bigint NOT NULL REFERENCES permissions,
    PRIMARY KEY (role_id, permission_id)
);
-- A section may be kept for some roles.
CREATE TABLE section_roles (
    section_id bigint NOT NULL REFERENCES sections,
    role_id bigint NOT NULL REFERENCES roles,
    can_publish boolean NOT NULL DEFAULT false,
    PRIMARY KEY (section_id, role_id)
);
