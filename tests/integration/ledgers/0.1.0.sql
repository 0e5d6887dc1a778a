--
-- PostgreSQL database dump
--


-- Dumped from database version 15.20 (Debian 15.20-0+deb12u1)
-- Dumped by pg_dump version 15.20 (Debian 15.20-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: seeder; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA seeder;


--
-- Name: citext; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;


--
-- Name: EXTENSION citext; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON EXTENSION citext IS 'data type for case-insensitive character strings';


--
-- Name: severity; Type: TYPE; Schema: public; Owner: -
--

CREATE TYPE public.severity AS ENUM (
    'low',
    'high'
);


--
-- Name: lower_slug(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.lower_slug() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.slug := pg_catalog.lower(NEW.slug);
    RETURN NEW;
END $$;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: alerts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.alerts (
    severity public.severity NOT NULL,
    label text
);


--
-- Name: assistants; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.assistants (
    name text NOT NULL,
    title text
);


--
-- Name: badges; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.badges (
    name text NOT NULL,
    title text,
    created_at timestamp with time zone DEFAULT now(),
    updated_at timestamp with time zone DEFAULT now()
);


--
-- Name: flags; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.flags (
    name text NOT NULL,
    title text,
    enabled boolean
);


--
-- Name: labels; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.labels (
    label public.citext NOT NULL,
    colour text
);


--
-- Name: levels; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.levels (
    level integer NOT NULL,
    label text,
    weight double precision
);


--
-- Name: nodes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.nodes (
    id uuid NOT NULL,
    label text
);


--
-- Name: plans; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.plans (
    name text NOT NULL,
    title text,
    active boolean DEFAULT true NOT NULL
);


--
-- Name: prices; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.prices (
    product text NOT NULL,
    region text,
    amount numeric(10,2)
);


--
-- Name: prompts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.prompts (
    id integer NOT NULL,
    name text NOT NULL,
    body text,
    slug text
);


--
-- Name: prompts_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.prompts ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.prompts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: rates; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.rates (
    rate numeric NOT NULL,
    label text
);


--
-- Name: roles; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.roles (
    name text NOT NULL,
    rights text[]
);


--
-- Name: settings; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.settings (
    name text NOT NULL,
    value text
);


--
-- Name: terms; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.terms (
    span interval NOT NULL,
    label text
);


--
-- Name: tools; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tools (
    name text NOT NULL,
    title text,
    code character(8),
    config jsonb,
    enabled boolean DEFAULT true NOT NULL,
    note text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: entries; Type: TABLE; Schema: seeder; Owner: -
--

CREATE TABLE seeder.entries (
    target_id integer NOT NULL,
    key text[] NOT NULL,
    seeder_id integer NOT NULL,
    adopted boolean NOT NULL,
    retired text,
    desired bytea[] NOT NULL,
    stored bytea[]
);


--
-- Name: form; Type: TABLE; Schema: seeder; Owner: -
--

CREATE TABLE seeder.form (
    form integer NOT NULL
);


--
-- Name: seeders; Type: TABLE; Schema: seeder; Owner: -
--

CREATE TABLE seeder.seeders (
    id integer NOT NULL,
    name text NOT NULL,
    digest bytea,
    changed_at timestamp with time zone
);


--
-- Name: seeders_id_seq; Type: SEQUENCE; Schema: seeder; Owner: -
--

ALTER TABLE seeder.seeders ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME seeder.seeders_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: targets; Type: TABLE; Schema: seeder; Owner: -
--

CREATE TABLE seeder.targets (
    id integer NOT NULL,
    name text NOT NULL,
    key text[] NOT NULL,
    columns text[] NOT NULL
);


--
-- Name: targets_id_seq; Type: SEQUENCE; Schema: seeder; Owner: -
--

ALTER TABLE seeder.targets ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME seeder.targets_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Data for Name: alerts; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.alerts VALUES ('low', 'Low');
INSERT INTO public.alerts VALUES ('high', 'High');


--
-- Data for Name: assistants; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.assistants VALUES ('reply', 'Reply');
INSERT INTO public.assistants VALUES ('triage', 'Mine');


--
-- Data for Name: badges; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.badges VALUES ('new', 'New', '2026-11-25 00:47:22.679815+00', '2026-11-25 00:47:22.679815+00');
INSERT INTO public.badges VALUES ('old', 'Old', '2026-11-25 00:47:22.679934+00', '2026-11-25 00:47:22.679934+00');
INSERT INTO public.badges VALUES ('older', NULL, '2026-11-25 00:47:22.67994+00', '2026-11-25 00:47:22.67994+00');
INSERT INTO public.badges VALUES ('oldest', 'Oldest of all', '2026-11-25 00:47:22.679942+00', '2026-11-25 00:47:22.679942+00');


--
-- Data for Name: flags; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.flags VALUES ('beta', 'Ours', false);
INSERT INTO public.flags VALUES ('fast', 'Fast lane', false);
INSERT INTO public.flags VALUES ('dark', 'Night', true);


--
-- Data for Name: labels; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.labels VALUES ('Urgent', 'red');
INSERT INTO public.labels VALUES ('done', '');
INSERT INTO public.labels VALUES ('LATE', 'mine');
INSERT INTO public.labels VALUES ('none', 'mine');


--
-- Data for Name: levels; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.levels VALUES (1, 'low', 0.1);
INSERT INTO public.levels VALUES (-1, NULL, NULL);
INSERT INTO public.levels VALUES (2, NULL, 0.5);
INSERT INTO public.levels VALUES (3, 'high', 0);


--
-- Data for Name: nodes; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.nodes VALUES ('00000000-0000-0000-0000-000000000001', 'first');
INSERT INTO public.nodes VALUES ('00000000-0000-0000-0000-00000000000a', 'tenth');
INSERT INTO public.nodes VALUES ('00000000-0000-0000-0000-000000000002', 'mine');


--
-- Data for Name: plans; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.plans VALUES ('free', 'Free', true);
INSERT INTO public.plans VALUES ('pro', 'Mine', true);
INSERT INTO public.plans VALUES ('legacy', 'Legacy', false);
INSERT INTO public.plans VALUES ('edited', 'Edited', false);


--
-- Data for Name: prices; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.prices VALUES ('pen', 'eu', 1.60);
INSERT INTO public.prices VALUES ('ink', NULL, 9.00);
INSERT INTO public.prices VALUES ('nib', NULL, 0.10);
INSERT INTO public.prices VALUES ('pen', NULL, 7.77);
INSERT INTO public.prices VALUES ('ink', 'eu', 8.88);


--
-- Data for Name: prompts; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.prompts OVERRIDING SYSTEM VALUE VALUES (3, 'thanks', 'Thank you', 'thanks');
INSERT INTO public.prompts OVERRIDING SYSTEM VALUE VALUES (4, 'dropped', 'Never mind', 'dropped');
INSERT INTO public.prompts OVERRIDING SYSTEM VALUE VALUES (2, 'bye', 'Goodbye', 'mine');
INSERT INTO public.prompts OVERRIDING SYSTEM VALUE VALUES (5, 'greet', 'Hello', 'greet');


--
-- Data for Name: rates; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.rates VALUES (1.00, 'one');
INSERT INTO public.rates VALUES (3, 'three');
INSERT INTO public.rates VALUES (4.50, 'four and a half');
INSERT INTO public.rates VALUES (2.0, 'mine');


--
-- Data for Name: roles; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.roles VALUES ('viewer', '{read}');
INSERT INTO public.roles VALUES ('ours', '{nothing}');
INSERT INTO public.roles VALUES ('auditor', '{}');
INSERT INTO public.roles VALUES ('admin', '{read,write}');
INSERT INTO public.roles VALUES ('guest', '{read,mine}');


--
-- Data for Name: settings; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.settings VALUES ('theme', 'dark');


--
-- Data for Name: terms; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.terms VALUES ('30 days', 'a month');
INSERT INTO public.terms VALUES ('24:00:00', 'a day');
INSERT INTO public.terms VALUES ('01:30:00', 'a while');
INSERT INTO public.terms VALUES ('1 year', 'mine');


--
-- Data for Name: tools; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.tools VALUES ('pager', 'Pager', NULL, NULL, true, NULL, '2026-11-25 00:47:23.13679+00', '2026-11-25 00:47:23.13679+00');
INSERT INTO public.tools VALUES ('bare', NULL, NULL, NULL, true, NULL, '2026-11-25 00:47:23.136801+00', '2026-11-25 00:47:23.136801+00');
INSERT INTO public.tools VALUES ('mail', 'Post', 'b2      ', '{}', true, NULL, '2026-11-25 00:47:23.136733+00', '2026-11-25 00:47:23.136733+00');
INSERT INTO public.tools VALUES ('clock', 'Clock', NULL, '{"zone": "ours"}', true, NULL, '2026-11-25 00:47:23.136777+00', '2026-11-25 00:47:23.136777+00');
INSERT INTO public.tools VALUES ('fax', 'Fax', 'e5      ', NULL, true, 'ask Ada', '2026-11-25 00:47:23.136765+00', '2026-11-25 00:47:23.136765+00');
INSERT INTO public.tools VALUES ('hammer', 'Nobody seeds this', NULL, NULL, true, NULL, '2026-11-25 00:47:24.479717+00', '2026-11-25 00:47:24.479717+00');
INSERT INTO public.tools VALUES ('chat', 'Talk', 'c4      ', NULL, true, NULL, '2026-11-25 00:47:23.136753+00', '2026-11-25 00:47:25.851072+00');
INSERT INTO public.tools VALUES ('search', 'Web search', 'a1      ', '{"limit": 10}', false, NULL, '2026-11-25 00:47:23.136601+00', '2026-11-25 00:47:25.851105+00');


--
-- Data for Name: entries; Type: TABLE DATA; Schema: seeder; Owner: -
--

INSERT INTO seeder.entries VALUES (1, '{triage}', 1, false, NULL, '{"\\x4ffbef3c08edfa3878c8357dbe3de3f11c3c74c594d8405f40243390f7f2d118"}', NULL);
INSERT INTO seeder.entries VALUES (1, '{reply}', 1, false, NULL, '{"\\xc253f451bdd56431ff15f638498d0003c36aabd5b07e5d21aaa7f1391410747c"}', NULL);
INSERT INTO seeder.entries VALUES (2, '{low}', 2, false, NULL, '{"\\xf793de205ead5ac302c4a1627829dea41f176b1068b993a32373fc869918374b"}', NULL);
INSERT INTO seeder.entries VALUES (3, '{new}', 3, false, NULL, '{"\\x18fdd549b2ed367ac0c74cbec1214644728515b30edbcb78e7d322757a7c8359"}', NULL);
INSERT INTO seeder.entries VALUES (4, '{fast}', 4, false, NULL, '{"\\x6d0b916e953fb7244b21a241ad868c58ba532d846403015e9e7e4554f144bb48","\\xfcbcf165908dd18a9e49f7ff27810176db8e9f63b4352213741664245224f8aa"}', NULL);
INSERT INTO seeder.entries VALUES (4, '{beta}', 4, true, NULL, '{"\\x703390318bd55aef50b7823d2b90a846debff99e6e3d401a24a921b733912a6d","\\xb5bea41b6c623f7c09f1bf24dcae58ebab3c0cdd90ad966bc43a45b44867e12b"}', NULL);
INSERT INTO seeder.entries VALUES (4, '{dark}', 4, true, NULL, '{"\\x9b7878aef90b527c22be169ed4ab97a5e216b6a1c719dc779883ef64eb85520b","\\xb5bea41b6c623f7c09f1bf24dcae58ebab3c0cdd90ad966bc43a45b44867e12b"}', NULL);
INSERT INTO seeder.entries VALUES (5, '{urgent}', 5, false, NULL, '{"\\xb1f51a511f1da0cd348b8f8598db32e61cb963e5fc69e2b41485bf99590ed75a"}', NULL);
INSERT INTO seeder.entries VALUES (5, '{late}', 5, false, NULL, '{"\\x1b4c9133da73a711322404314402765ab0d23fd362a167d6f0c65bb215113d94"}', NULL);
INSERT INTO seeder.entries VALUES (5, '{gone}', 5, false, NULL, '{"\\x67fc36385bb47db091a4d850d450021a8b7ba3b58615fc918808d4e636d8ad46"}', NULL);
INSERT INTO seeder.entries VALUES (6, '{1}', 6, false, NULL, '{"\\x6c1ff09db3a73dc4a854f695d20d174a848d55f2d743bab2ee1f8fc75be454f3","\\x14be4b45f18e0d8c67b4f719b5144eee88497e413709d11d85b096d8e2346310"}', NULL);
INSERT INTO seeder.entries VALUES (6, '{3}', 6, false, NULL, '{"\\x6ef7c9b15ecdd69083724b84cfdc2100351963488b51b4ea2fcbddf493fbec94","\\x6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"}', NULL);
INSERT INTO seeder.entries VALUES (7, '{00000000-0000-0000-0000-000000000001}', 7, false, NULL, '{"\\xa7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e"}', NULL);
INSERT INTO seeder.entries VALUES (8, '{free}', 8, false, NULL, '{"\\xf411a1fb62758b4c54690d0a702b4955b54dd22115416fa7b1ce51b4a084818d",NULL}', NULL);
INSERT INTO seeder.entries VALUES (9, '{pen,NULL}', 9, false, NULL, '{"\\x1a60b208ff491c3e2d21cdd5abb003e51e97b072efec59098863da45021de6a9"}', NULL);
INSERT INTO seeder.entries VALUES (9, '{pen,eu}', 9, false, NULL, '{"\\xb3653a34f299dee703d1c28dd40e814f7c81671df9b00a0cf8b827900a556b08"}', NULL);
INSERT INTO seeder.entries VALUES (9, '{ink,NULL}', 9, false, NULL, '{"\\x4cc019de7a747650855142af31a90fa652d0e00ee24e804acf171b4c82d675e9"}', NULL);
INSERT INTO seeder.entries VALUES (10, '{thanks}', 10, false, NULL, '{"\\x268bc1833e83306f48ae6203eefb86e7a39dedb1d3d6df99c18ef70aa61ef84d","\\xa6a2729cbf6bcadce577a31f7f76201d5ce63c57d6c53318000d67714bb354ef"}', NULL);
INSERT INTO seeder.entries VALUES (11, '{1}', 11, false, NULL, '{"\\x7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"}', NULL);
INSERT INTO seeder.entries VALUES (11, '{3}', 11, false, NULL, '{"\\x8b5b9db0c13db24256c829aa364aa90c6d2eba318b9232a4ab9313b954d3555f"}', NULL);
INSERT INTO seeder.entries VALUES (12, '{admin}', 12, true, NULL, '{"\\x245b19fb02ae698ffcf12c6183ec65792ce6449312715f008a2022bdba7db601"}', NULL);
INSERT INTO seeder.entries VALUES (12, '{guest}', 12, true, NULL, '{"\\xd02d21cc3dd278e6229eb390fdd54a09b8c096b2b52c30dd6057877461d8926c"}', NULL);
INSERT INTO seeder.entries VALUES (12, '{viewer}', 12, true, NULL, '{"\\xd02d21cc3dd278e6229eb390fdd54a09b8c096b2b52c30dd6057877461d8926c"}', NULL);
INSERT INTO seeder.entries VALUES (13, '{"30 days"}', 14, false, NULL, '{"\\x0a772ab2a2b91bae6a570738d28ebb6c02eed0ae7cb5df5dae125f7bb3eb7a3a"}', NULL);
INSERT INTO seeder.entries VALUES (13, '{24:00:00}', 14, false, NULL, '{"\\x4ed042e01ceba40277e5f5b7a6beb0d47865056fc751c0ba33d00204f9e5807c"}', NULL);
INSERT INTO seeder.entries VALUES (14, '{weather}', 15, false, NULL, '{"\\xa0bba638124664064545edb48049c05385d1542084b2b79bb6ec0cfea6d636c9","\\xaf327a6478537246e0d9f0c589986d5f067d2e2351a1ca5a0a4962424da0e408",NULL}', NULL);
INSERT INTO seeder.entries VALUES (14, '{bare}', 15, false, NULL, '{NULL,NULL,NULL}', NULL);
INSERT INTO seeder.entries VALUES (14, '{clock}', 15, false, NULL, '{"\\x93ff9273de4b131b4cc3187f9d59229bf3e2c50626cbc733f6e44e3cd7b47d25",NULL,"\\x45468f743c09d632ae8ed27c7557ecbf95643c313e61b9d3389cd7921a150e05"}', NULL);
INSERT INTO seeder.entries VALUES (3, '{older}', 3, false, 'unlisted', '{"\\x"}', NULL);
INSERT INTO seeder.entries VALUES (3, '{oldest}', 3, false, 'unlisted', '{"\\x505dc450753e546ecbef6830acea257dc35d0d5303d8e76d0d605a7997a10a42"}', NULL);
INSERT INTO seeder.entries VALUES (5, '{none}', 5, false, NULL, '{"\\x018fa96a44715c90bf93be148069cb28dd45d398f2cc75aa1565311f6e55d174"}', '{"\\x01"}');
INSERT INTO seeder.entries VALUES (5, '{done}', 5, false, 'unlisted', '{"\\xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}', NULL);
INSERT INTO seeder.entries VALUES (6, '{2}', 6, false, NULL, '{"\\xc082456a7766e23a18db084cd34b6ff510baef506548b897cc80e9b7d3e121c8","\\xd2cbad71ff333de67d07ec676e352ab7f38248eb69c942950157220607c55e84"}', '{"\\xa4888af4e46c129c695ee32775a8c233f113c82e7cd4e6fd3cbb1fda5659f36a01","\\xd2cbad71ff333de67d07ec676e352ab7f38248eb69c942950157220607c55e84"}');
INSERT INTO seeder.entries VALUES (7, '{00000000-0000-0000-0000-000000000002}', 7, false, NULL, '{"\\x2df7366925ec4b6d1cc8b71bde71ed440cfd9899e87ffe3e0497df46e9b2bf93"}', '{"\\x16367aacb67a4a017c8da8ab95682ccb390863780f7114dda0a0e0c55644c7c401"}');
INSERT INTO seeder.entries VALUES (8, '{pro}', 8, false, NULL, '{"\\x19c73a5cdf346d967e544a2838600bcc16a9fd39a52a4ba39f7351fcc6a65d4e",NULL}', '{"\\x957b0b874524d09a5d035007f821a094a22b678fb157991e28bba1fe21d4e6b901",NULL}');
INSERT INTO seeder.entries VALUES (9, '{ink,eu}', 9, false, NULL, '{"\\x0a63e84080649dbc97a8601d15f26c027158968df4bcd16ff7fa866641ed37fb"}', '{"\\x703a3b24a5fcfac847f77757687722f922f3d35f34ed905501c6e7462199e9b501"}');
INSERT INTO seeder.entries VALUES (9, '{nib,NULL}', 9, false, 'unlisted', '{"\\xb4af9cbcd052a654a1a0298bffe1abc80d2ccd211031e89c4ee23d84bacd1d42"}', NULL);
INSERT INTO seeder.entries VALUES (10, '{greet}', 10, false, NULL, '{"\\x185f8db32271fe25f561a6fc938b2e264306ec304eda518007d1764826381969","\\xd4fd03eee15d7906cd9dcaf9902a4b5e602d4f493b49a56342a4d6a4c3f0d4d6"}', '{"\\x185f8db32271fe25f561a6fc938b2e264306ec304eda518007d1764826381969","\\x231bf89d726826891c1578a8ffe06ad898e70ecad4adb07668c2d9beca734b0c"}');
INSERT INTO seeder.entries VALUES (11, '{2}', 11, false, NULL, '{"\\x9dbe3cfc5af797f3516eb7c92f37fe507b83c13017aa9ddb57b9afe25a75a3a6"}', '{"\\x3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f301"}');
INSERT INTO seeder.entries VALUES (11, '{4.5}', 11, false, 'unlisted', '{"\\x4fd7196b834f84c56fdc0c590c9b28f5cde8c7f94fde8b03be48ae70afbb0a50"}', NULL);
INSERT INTO seeder.entries VALUES (12, '{auditor}', 12, false, 'unlisted', '{"\\x44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}', NULL);
INSERT INTO seeder.entries VALUES (13, '{"1 year"}', 14, false, NULL, '{"\\x5f58bdda2d4c6917bcc354a0172d161efd5ad7edb4dbf342143054217dc10f85"}', '{"\\x54526b8b3d996950d31018cecc3ac721012882b6bfebb9a5948712ff0f5bdf8f01"}');
INSERT INTO seeder.entries VALUES (13, '{01:30:00}', 14, false, 'unlisted', '{"\\xbb98d61dbc534e9492d4a204d8120b84318e6fc42752a1f76d3443e3f7a1a37f"}', NULL);
INSERT INTO seeder.entries VALUES (14, '{chat}', 15, false, NULL, '{"\\x460b3a7da007b7af9d35bca54181dc91382263b2bf133ca214871ca1fed1fc1c","\\x0012a3fa000c5dc26ee658c3c58e12cecd58d6455cec3d5621f0c787675b38aa",NULL}', NULL);
INSERT INTO seeder.entries VALUES (14, '{mail}', 15, false, NULL, '{"\\x2550d962e536e7c0889f563a957c5389c97aa7507881efe2b754769b814d8256","\\x4814d92093ac8a0f4a2163ab87dee509ba306a58f5888be0edcb2fcd0712028b","\\x44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}', '{"\\x07ed6ccf6bf6393d18684d1d4f774639d44c7d2d2895fd30491ccc50614ed4ea01","\\x4814d92093ac8a0f4a2163ab87dee509ba306a58f5888be0edcb2fcd0712028b","\\x44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}');
INSERT INTO seeder.entries VALUES (14, '{fax}', 15, false, 'unlisted', '{"\\x00d84ab46e6345e15e7303f9a125b1d23cc5f5e804cc79e0fa1ada9801507bba","\\x43700797e2f9d4ad38ccf1355df3233453396bfcc8db8e424486e37bae42a9ec",NULL}', NULL);
INSERT INTO seeder.entries VALUES (8, '{legacy}', 8, false, 'set', '{"\\x1432897a6136de54f3a8bfcc9f9fa87ead45c109731e5769a6e94887d555ce5b","\\xfcbcf165908dd18a9e49f7ff27810176db8e9f63b4352213741664245224f8aa"}', NULL);
INSERT INTO seeder.entries VALUES (15, '{triage}', 1, true, NULL, '{"\\x4ffbef3c08edfa3878c8357dbe3de3f11c3c74c594d8405f40243390f7f2d118"}', NULL);
INSERT INTO seeder.entries VALUES (15, '{reply}', 1, true, NULL, '{"\\xc253f451bdd56431ff15f638498d0003c36aabd5b07e5d21aaa7f1391410747c"}', NULL);
INSERT INTO seeder.entries VALUES (2, '{high}', 2, false, 'unlisted', '{"\\xc4ebc6d4a5832cd9415f906ad03661110c705a72381c8b8b145761d02e2dd23a"}', NULL);
INSERT INTO seeder.entries VALUES (3, '{old}', 3, false, 'unlisted', '{"\\xbca97160f4e1211fe659338d0a9705a7dff8aa3ea2e1be1cc1958100a33962c2"}', NULL);
INSERT INTO seeder.entries VALUES (6, '{-1}', 6, false, 'unlisted', '{NULL,NULL}', NULL);
INSERT INTO seeder.entries VALUES (7, '{00000000-0000-0000-0000-00000000000a}', 7, false, 'unlisted', '{"\\xf2d77eba1bf4519aa8cf9dae8bcf262c4d541a5f7ca8a73ce8eeb604c1981be7"}', NULL);
INSERT INTO seeder.entries VALUES (10, '{bye}', 10, false, NULL, '{"\\xc015ad6ddaf8bb50689d2d7cbf1539dff6dd84473582a08ed1d15d841f4254f4","\\xe018f9cf1dcd249b4e86e2acaf3eac7e5daf517216648d5d83eda6e66e28eb89"}', '{"\\xc015ad6ddaf8bb50689d2d7cbf1539dff6dd84473582a08ed1d15d841f4254f4","\\xb49f425a7e1f9cff3856329ada223f2f9d368f15a00cf48df16ca95986137fe801"}');
INSERT INTO seeder.entries VALUES (10, '{dropped}', 10, false, 'unlisted', '{"\\x8f262a081444175add7537cc60967652ba07773dc0ad83a37d989b9f7a644b78","\\x739f68fe97ad306e904725af5f09b1377fcb9aac40e7dceea7f07868fa4e219a"}', '{"\\x8f262a081444175add7537cc60967652ba07773dc0ad83a37d989b9f7a644b78","\\xe7cd9c3ab5da1895f52abfece688c0f136a26c348f0619bdf724a9e1667b747f"}');
INSERT INTO seeder.entries VALUES (14, '{search}', 15, false, NULL, '{"\\x7711faa74a10416c7a2bccf9a9ce8442808f2d7ff9609be154625f8566bc732e","\\xf55ff16f66f43360266b95db6f8fec01d76031054306ae4a4b380598f6cfd114","\\x7d0587b5acc48e3a3c05d8b341d59a3ff0ba81cc1ce23e1dabe741c0916b5253"}', NULL);
INSERT INTO seeder.entries VALUES (14, '{pager}', 15, false, 'unlisted', '{"\\x08e397bcd77264e99a5891a8983fabac70b4565dce87d6e9b02d7812c5c2a126",NULL,NULL}', NULL);
INSERT INTO seeder.entries VALUES (8, '{edited}', 8, false, 'set', '{"\\x7117f0807129493fd1f4d6942340d55e82980ef0a82bf629871829666824c7b3","\\xfcbcf165908dd18a9e49f7ff27810176db8e9f63b4352213741664245224f8aa"}', NULL);


--
-- Data for Name: form; Type: TABLE DATA; Schema: seeder; Owner: -
--

INSERT INTO seeder.form VALUES (1);


--
-- Data for Name: seeders; Type: TABLE DATA; Schema: seeder; Owner: -
--

INSERT INTO seeder.seeders OVERRIDING SYSTEM VALUE VALUES (4, 'flags', '\x93d29b7a95cd6ab46c5c5828bdff8785b4888cdcf5e8a1d017a18a7f6b1deb40', '2026-11-25 00:47:22.724919+00');
INSERT INTO seeder.seeders OVERRIDING SYSTEM VALUE VALUES (13, 'settings', '\xab7c3a7057f9749b2a030311416fd0b55d02147aa8dd04e4e79070b81b7f31fc', '2026-11-25 00:47:23.042474+00');
INSERT INTO seeder.seeders OVERRIDING SYSTEM VALUE VALUES (1, 'agents', '\x85bdebf350cae8cf5afcd4293ca6670adfe9fc148f1be3b51f5ef9b9bdaeb63a', '2026-11-25 00:47:22.615155+00');
INSERT INTO seeder.seeders OVERRIDING SYSTEM VALUE VALUES (2, 'alerts', '\x310eaf2288271dd0750d81553a7d2d614e28b56c735fa8feedb739c5d4e94c2c', '2026-11-25 00:47:22.649847+00');
INSERT INTO seeder.seeders OVERRIDING SYSTEM VALUE VALUES (3, 'badges', '\xdab650a6ce786fdb950982b2e653a1c28eda70656b970939b157f5c1b249be16', '2026-11-25 00:47:22.682887+00');
INSERT INTO seeder.seeders OVERRIDING SYSTEM VALUE VALUES (5, 'labels', '\xfde5e6416ae10fdb4bf094378f5749bf56f66411c88e03363cec29fad1f970ed', '2026-11-25 00:47:22.761417+00');
INSERT INTO seeder.seeders OVERRIDING SYSTEM VALUE VALUES (6, 'levels', '\x5e42fc801e329bca3c96f37b632c447486f33177a50fff54d3889450f6c3ad0b', '2026-11-25 00:47:22.796581+00');
INSERT INTO seeder.seeders OVERRIDING SYSTEM VALUE VALUES (7, 'nodes', '\x073f1fdc9648db4ed82cc0af52abd08648aeae144824a3febb5c935da28cbe0f', '2026-11-25 00:47:22.828582+00');
INSERT INTO seeder.seeders OVERRIDING SYSTEM VALUE VALUES (8, 'plans', '\x5115b339306a5e559288fabb42719f6175f088b922af6172395dd35fe74e0579', '2026-11-25 00:47:22.861053+00');
INSERT INTO seeder.seeders OVERRIDING SYSTEM VALUE VALUES (9, 'prices', '\x60ec388939b8536f188042f57f0b12183e459dbbd105c2d318b1377f9eff840d', '2026-11-25 00:47:22.91066+00');
INSERT INTO seeder.seeders OVERRIDING SYSTEM VALUE VALUES (10, 'prompts', '\x6cf671cee8a09d02af124c0f7ae80ddd9b7be9beddb9d7c682eb2c1cd82518c2', '2026-11-25 00:47:25.633786+00');
INSERT INTO seeder.seeders OVERRIDING SYSTEM VALUE VALUES (11, 'rates', '\xa39f95981f6563ab3671f43cb5f2aa06a332d4cfddcc5e8200343c5fcdbc54e0', '2026-11-25 00:47:22.979647+00');
INSERT INTO seeder.seeders OVERRIDING SYSTEM VALUE VALUES (12, 'roles', '\xfa538a81e7970e53b05daf0783b828080e7868fb27ccb665caa14eb8aec8c93c', '2026-11-25 00:47:23.023697+00');
INSERT INTO seeder.seeders OVERRIDING SYSTEM VALUE VALUES (14, 'terms', '\xc13d929f43e4b18a9e83e3c014af659ae1f22614653ebea8fe3e658c37723f12', '2026-11-25 00:47:23.086355+00');
INSERT INTO seeder.seeders OVERRIDING SYSTEM VALUE VALUES (15, 'tools', '\x6627aea0b5a911c3152bf36979b66204d054b9a55a9a1793825f16a09a2f8379', '2026-11-25 00:47:25.856102+00');


--
-- Data for Name: targets; Type: TABLE DATA; Schema: seeder; Owner: -
--

INSERT INTO seeder.targets OVERRIDING SYSTEM VALUE VALUES (1, 'public.agents', '{name}', '{title}');
INSERT INTO seeder.targets OVERRIDING SYSTEM VALUE VALUES (2, 'public.alerts', '{severity}', '{label}');
INSERT INTO seeder.targets OVERRIDING SYSTEM VALUE VALUES (3, 'public.badges', '{name}', '{title}');
INSERT INTO seeder.targets OVERRIDING SYSTEM VALUE VALUES (4, 'public.flags', '{name}', '{title,enabled}');
INSERT INTO seeder.targets OVERRIDING SYSTEM VALUE VALUES (5, 'public.labels', '{label}', '{colour}');
INSERT INTO seeder.targets OVERRIDING SYSTEM VALUE VALUES (6, 'public.levels', '{level}', '{label,weight}');
INSERT INTO seeder.targets OVERRIDING SYSTEM VALUE VALUES (7, 'public.nodes', '{id}', '{label}');
INSERT INTO seeder.targets OVERRIDING SYSTEM VALUE VALUES (8, 'public.plans', '{name}', '{title,active}');
INSERT INTO seeder.targets OVERRIDING SYSTEM VALUE VALUES (9, 'public.prices', '{product,region}', '{amount}');
INSERT INTO seeder.targets OVERRIDING SYSTEM VALUE VALUES (10, 'public.prompts', '{name}', '{body,slug}');
INSERT INTO seeder.targets OVERRIDING SYSTEM VALUE VALUES (11, 'public.rates', '{rate}', '{label}');
INSERT INTO seeder.targets OVERRIDING SYSTEM VALUE VALUES (12, 'public.roles', '{name}', '{rights}');
INSERT INTO seeder.targets OVERRIDING SYSTEM VALUE VALUES (13, 'public.terms', '{span}', '{label}');
INSERT INTO seeder.targets OVERRIDING SYSTEM VALUE VALUES (14, 'public.tools', '{name}', '{title,code,config}');
INSERT INTO seeder.targets OVERRIDING SYSTEM VALUE VALUES (15, 'public.assistants', '{name}', '{title}');


--
-- Name: prompts_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.prompts_id_seq', 5, true);


--
-- Name: seeders_id_seq; Type: SEQUENCE SET; Schema: seeder; Owner: -
--

SELECT pg_catalog.setval('seeder.seeders_id_seq', 15, true);


--
-- Name: targets_id_seq; Type: SEQUENCE SET; Schema: seeder; Owner: -
--

SELECT pg_catalog.setval('seeder.targets_id_seq', 15, true);


--
-- Name: assistants agents_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.assistants
    ADD CONSTRAINT agents_pkey PRIMARY KEY (name);


--
-- Name: alerts alerts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT alerts_pkey PRIMARY KEY (severity);


--
-- Name: badges badges_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.badges
    ADD CONSTRAINT badges_pkey PRIMARY KEY (name);


--
-- Name: flags flags_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.flags
    ADD CONSTRAINT flags_pkey PRIMARY KEY (name);


--
-- Name: labels labels_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.labels
    ADD CONSTRAINT labels_pkey PRIMARY KEY (label);


--
-- Name: levels levels_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.levels
    ADD CONSTRAINT levels_pkey PRIMARY KEY (level);


--
-- Name: nodes nodes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.nodes
    ADD CONSTRAINT nodes_pkey PRIMARY KEY (id);


--
-- Name: plans plans_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.plans
    ADD CONSTRAINT plans_pkey PRIMARY KEY (name);


--
-- Name: prices prices_product_region_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.prices
    ADD CONSTRAINT prices_product_region_key UNIQUE (product, region);


--
-- Name: prompts prompts_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.prompts
    ADD CONSTRAINT prompts_name_key UNIQUE (name);


--
-- Name: prompts prompts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.prompts
    ADD CONSTRAINT prompts_pkey PRIMARY KEY (id);


--
-- Name: rates rates_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.rates
    ADD CONSTRAINT rates_pkey PRIMARY KEY (rate);


--
-- Name: roles roles_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.roles
    ADD CONSTRAINT roles_pkey PRIMARY KEY (name);


--
-- Name: settings settings_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (name);


--
-- Name: terms terms_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.terms
    ADD CONSTRAINT terms_pkey PRIMARY KEY (span);


--
-- Name: tools tools_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tools
    ADD CONSTRAINT tools_pkey PRIMARY KEY (name);


--
-- Name: entries entries_pkey; Type: CONSTRAINT; Schema: seeder; Owner: -
--

ALTER TABLE ONLY seeder.entries
    ADD CONSTRAINT entries_pkey PRIMARY KEY (target_id, key);


--
-- Name: seeders seeders_name_key; Type: CONSTRAINT; Schema: seeder; Owner: -
--

ALTER TABLE ONLY seeder.seeders
    ADD CONSTRAINT seeders_name_key UNIQUE (name);


--
-- Name: seeders seeders_pkey; Type: CONSTRAINT; Schema: seeder; Owner: -
--

ALTER TABLE ONLY seeder.seeders
    ADD CONSTRAINT seeders_pkey PRIMARY KEY (id);


--
-- Name: targets targets_name_key_key; Type: CONSTRAINT; Schema: seeder; Owner: -
--

ALTER TABLE ONLY seeder.targets
    ADD CONSTRAINT targets_name_key_key UNIQUE (name, key);


--
-- Name: targets targets_pkey; Type: CONSTRAINT; Schema: seeder; Owner: -
--

ALTER TABLE ONLY seeder.targets
    ADD CONSTRAINT targets_pkey PRIMARY KEY (id);


--
-- Name: prompts lower_slug; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER lower_slug BEFORE INSERT OR UPDATE ON public.prompts FOR EACH ROW EXECUTE FUNCTION public.lower_slug();


--
-- Name: entries entries_seeder_id_fkey; Type: FK CONSTRAINT; Schema: seeder; Owner: -
--

ALTER TABLE ONLY seeder.entries
    ADD CONSTRAINT entries_seeder_id_fkey FOREIGN KEY (seeder_id) REFERENCES seeder.seeders(id);


--
-- Name: entries entries_target_id_fkey; Type: FK CONSTRAINT; Schema: seeder; Owner: -
--

ALTER TABLE ONLY seeder.entries
    ADD CONSTRAINT entries_target_id_fkey FOREIGN KEY (target_id) REFERENCES seeder.targets(id);


--
-- PostgreSQL database dump complete
--


