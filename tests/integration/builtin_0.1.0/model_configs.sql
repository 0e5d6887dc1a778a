CREATE TABLE model_configs (
    id                uuid         PRIMARY KEY DEFAULT gen_random_uuid(),
    key               text         NOT NULL UNIQUE CHECK (key ~ '^[a-z0-9_]+/[a-z0-9._-]+$'),
    display_name      text         NOT NULL,
    provider          text         NOT NULL,
    model_id          text         NOT NULL,
    temperature       numeric(3,2) CHECK (temperature BETWEEN 0 AND 2),
    context_window    integer      CHECK (context_window > 0),
    max_output_tokens integer      CHECK (max_output_tokens > 0),
    extended_thinking boolean,
    input_modalities  text[]       NOT NULL DEFAULT '{text}' CHECK (cardinality(input_modalities) > 0),
    enabled           boolean      NOT NULL DEFAULT true,
    created_at        timestamptz  NOT NULL DEFAULT now(),
    updated_at        timestamptz  NOT NULL DEFAULT now(),
    UNIQUE (provider, model_id),
    CHECK (max_output_tokens <= context_window)
);

COMMENT ON TABLE model_configs IS 'Language models that the application can call, with the limits their makers publish.';
COMMENT ON COLUMN model_configs.key IS 'Provider and a short name. What code and settings use. It stays when the provider renames the model.';
COMMENT ON COLUMN model_configs.provider IS 'Who made the model, and for hosted models also whose API is called.';
COMMENT ON COLUMN model_configs.model_id IS 'The identifier to send to the API, or the name of the repository of open weights.';
COMMENT ON COLUMN model_configs.temperature IS 'Sampling temperature to send. NULL means send none.';
COMMENT ON COLUMN model_configs.context_window IS 'Tokens in a request, as the maker counts them. NULL means not verified.';
COMMENT ON COLUMN model_configs.max_output_tokens IS 'Most tokens in one answer. NULL means not published or not verified.';
COMMENT ON COLUMN model_configs.extended_thinking IS 'Whether the model can reason before it answers. NULL means not verified.';
COMMENT ON COLUMN model_configs.input_modalities IS 'What a request may hold, of text, image, audio, video and document.';
COMMENT ON COLUMN model_configs.enabled IS 'The switch of the administrator. Seeded once and never written again.';
