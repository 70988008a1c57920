/**
 * What attacks are made of. A line is a rule: what it weighs, how many words may stand between two of its slots, and the
 * slots, each a set of words; `~` lets them come in any order, a `*` stands for any ending, and names in capitals for the
 * sets below. A rule counts once a text. What only an attack says weighs most; what ordinary texts say too needs company.
 */
export type Flag = 'prompt-injection' | 'jailbreak';

export interface Rule {
  readonly flag: Flag;
  readonly weight: number;
  /** Most words from one slot to the next. */
  readonly within: number;
  readonly anyOrder: boolean;
  readonly slots: readonly (readonly string[])[];
}

const SETS: { readonly [name: string]: string } = {
  DROP: 'ignore ignores ignoring disregard disregards disregarding neglect overrule',
  DROP_WEAK: 'forget forgetting override overriding bypass discard drop skip dismiss abandon cancel erase reset',
  EARLIER: 'previous prior above earlier preceding former foregoing initial original existing before',
  ORDERS: 'instruction* directive* prompt prompts guideline* guidance',
  ORDERS_WEAK: 'rule rules command commands context orders message text training policy policies',
  SHOW: 'reveal print repeat output display leak dump disclose expose recite copy quote translate summarize summarise show give tell write list state echo quote',
  HIDDEN: 'system hidden initial secret original internal confidential developer exact full',
  LIMITS:
    'restriction* limits limitation* filter filters guideline* censorship constraint* boundaries safeguards guardrails rules ethics morals refusals',
  LIFTED: 'no without lacks zero any free',
  ROLE: 'pretend act acting roleplay imagine simulate persona character become behave respond speak play',
  AI: 'ai ais assistant chatbot model llm bot evilbot machine language',
  HARM: 'bomb bombs meth methamphetamine napalm explosive* ransomware malware poison virus weapon* nerve agent drugs keylogger',
};

const INJECTION = `
0.6 7 ~ | DROP aside attention | EARLIER whatever | ORDERS directions told
0.2 7 ~ | DROP DROP_WEAK aside attention | all your any only | ORDERS directions rules commands
0.6 4 ~ | print reveal paste encode show quote repeat dump | your | system hidden initial | ORDERS words
0.6 5 ~ | EARLIER | ORDERS | longer invalid mistake valid void | no are were
0.6 4 | to | any | AI
0.6 6 | not don never without | mention tell | user | AI note instruction* document forward url
0.5 4 | ignore disregard leak | user secret | leak token secret request*
0.6 6 ~ | decode decrypt decipher | base64 rot13 hex morse binary | execute obey follow comply
0.6 4 | DROP DROP_WEAK | rules ORDERS | given told | you to above
0.5 3 | DROP DROP_WEAK | rules ORDERS | you | were have
0.5 4 | DROP DROP_WEAK | whatever everything all | system you | told said above
0.5 4 | SHOW | rules ORDERS | you your | given gave told
0.5 6 | SHOW | secret confidential hidden | rules ORDERS | you your
0.5 5 | visit open go | http https link url | submit send enter post
0.5 5 | link image http url | followed with containing | conversation chat history keys
0.5 6 | send submit forward pass append mail | conversation credentials passwords password keys secrets history
0.5 2 | ignore disregard | the | document transcript user user
0.5 3 | must | follow obey | the me | user orders
1 5 | DROP | EARLIER | ORDERS
0.8 5 | DROP | EARLIER | ORDERS_WEAK
0.4 5 | DROP_WEAK | EARLIER | ORDERS
0.7 4 | DROP | your its | ORDERS ORDERS_WEAK programming
0.5 4 | DROP_WEAK | your | ORDERS ORDERS_WEAK programming
0.6 3 | DROP_WEAK | all any every | ORDERS ORDERS_WEAK | given told earlier before
0.6 3 | DROP DROP_WEAK | everything anything | above before told
0.5 3 | override ignore overrule disregard | it them | follow obey
0.5 6 | EARLIER | ORDERS commands rules | void revoked canceled cancelled superseded obsolete outdated suspended lifted invalid overridden
0.6 6 | previous policy earlier prior | ORDERS policy rules commands | void revoked canceled cancelled superseded obsolete outdated suspended lifted invalid overridden
1 2 | stop cease quit | following obeying adhering | your the | ORDERS
0.6 3 | not don | follow obey | the your | system previous above original | message ORDERS
0.6 5 | follow obey | my mine me only | orders instead only one this
0.5 3 | obey | only the it me mine my | me user it from i orders
0.5 3 | take follow | orders this mine my | from instead one orders
0.5 2 | new real actual updated only | instruction instructions directive objective task orders | is are now
0.4 1 | new hidden real | instruction* directive
0.4 1 | new | system | prompt
0.4 2 | from | now | on
1 4 | SHOW | your its | HIDDEN | ORDERS message rules configuration
0.6 3 | your | HIDDEN | prompt instructions message
0.6 4 | SHOW | the your any | hidden secret confidential | prompt instructions message developer rules
0.6 3 | reveal print leak dump disclose expose recite repeat quote | your | ORDERS rules password
0.5 5 | repeat print output copy | words text everything sentence | above before preceding
0.5 12 | above before | starting begin verbatim including exactly | you system changes everything verbatim
0.4 12 | this above prompt instructions message guidelines | verbatim word character exactly markdown | word character for without written
0.4 4 | everything | before above | this | line sentence message point
0.5 4 | verbatim copy | above everything show | this verbatim sentence
0.6 6 | what which | your | HIDDEN | ORDERS
0.4 8 | initial internal hidden system | ORDERS | verbatim word exactly quote print
0.5 6 | dump leak exfiltrate | prompt configuration conversation contents context | configuration prompt server env conversation context
0.6 3 | contents | of | your | context prompt environment
0.7 4 | leak exfiltrate | the your | conversation contents credentials secrets keys context
0.7 2 | if | you re | an a | AI | model reading ai stop visit llm
0.7 4 | note attention dear instruction* message | ai llm language agents | assistant model summarizer summariser agent when please
0.6 3 | instruction* note message | for to any | ai llm
0.6 2 | ai llm language assistant | instructions must model agents should | append give forward ignore send rate disregard now output
0.6 5 | AI | ignore disregard | the | user other request question applicants
0.6 3 | not don without never | mention tell telling inform informing alert alerting reveal t | this these it the | user instruction* reader note
0.6 2 | without | telling informing alerting | the | user
0.6 3 | don do | t not | tell mention | the it | user
0.6 9 | send forward append submit post upload reply pass | conversation history keys credentials passwords emails contents secrets | http https evil attacker url environment parameter user without webhook
0.6 3 | system admin administrator | note override now directive safety | the user authorised authorized previous grant delete
0.6 4 | grant disclose | admin secret user the | access prompt admin
1 8 | decode decrypt decipher | base64 rot13 hex morse binary | follow obey execute comply instructions
1 5 | ignorier* missacht* vergiss vergesse* umgeh* überschreib* | vorherig* bisherig* obig* vorig* früher* deine* alle | anweisung* regeln vorgaben instruktion* richtlinien befehl*
1 6 | vorherig* bisherig* obig* | vorgaben anweisung* regeln | außer | kraft
0.8 4 | zeig* gib nenn* verrat* offenbar* verrate | dein* deine* | systemprompt* system geheim* anweisung*
1 5 | ignore ignorez ignorer oublie oubliez compte | instructions consignes règles directives | précédentes précédente antérieures ci dessus initiales
0.8 4 | affiche montre révèle donne | ton tes votre vos | prompt instructions consignes | système secrètes cachées système
1 5 | ignora ignore olvida olvide omite | instrucciones reglas órdenes indicaciones | anteriores previas previos anterior
1 5 | olvida ignora | tus | reglas instrucciones | previas anteriores
0.7 4 | muestra revela dime muéstrame | tu tus | prompt instrucciones | sistema del secretas
0.6 3 | revela muestra | tu | prompt
1 5 | ignora dimentica | istruzioni regole | precedenti
0.7 4 | mostrami mostra rivela | tuo | prompt
1 5 | ignore ignora esqueça desconsidere | instruções regras | anteriores prévias
0.7 5 | revele mostre mostra | prompt | sistema
0.6 2 | esqueça | suas | regras instruções
1 5 | игнорируй* забудь* проигнорируй* | предыдущ* прежн* свои все | инструкц* указани* правил*
0.5 5 | покажи* раскрой* выведи* | системн* свои твои | промпт* инструкц*
1 5 | negeer vergeet | vorige eerdere alle je | instructies regels
1 5 | zignoruj* ignoruj* zapomnij | poprzedni* wcześniejsz* wszystkie | instrukcj* polece* zasad*
`;

const JAILBREAK = `
0.6 6 ~ | bypass disable remove off switch ignore disregard exist exists | your openai anthropic | filter filters guardrails policies policy safeguards censorship
0.6 6 ~ | freed liberated unbound | all your any | LIMITS chains
0.5 2 | unrestricted uncensored unfiltered jailbroken | mode ai
0.3 8 ~ | ai dan assistant | can | anything | now
0.5 6 ~ | not | bound | openai policy rules norms
0.3 4 | without no | any | filter filters
0.4 4 | activate enable enabled | developer | mode | without uncensored answer unfiltered any filter
0.6 2 | remove lift drop | your ethical moral safety | LIMITS
0.4 2 | remove lift drop | all your | LIMITS
0.5 5 | bypass ignore circumvent | your | policy policies filter filters
0.5 5 | classic jailbreak normal | gives | without normal | restrictions answer
0.6 14 | grandma grandmother | used | napalm bomb meth | sleep asleep
0.7 2 | do | anything | now
0.6 2 | are as act be become of | dan dans aim stan dude evilbot betterdan
0.6 2 | a character | named called | aim dan stan evil
0.5 4 | dan aim stan betterdan evilbot | has can is always never strive stands which | no do not anything intelligent say avoid for
0.7 10 | ROLE | AI | LIFTED unfiltered uncensored unrestricted jailbroken amoral unethical evil
0.7 4 | ROLE are an as | unfiltered uncensored unrestricted jailbroken unethical amoral evil liberated | AI and mode
0.5 3 | with has have no without had | LIFTED | LIMITS
0.4 5 | no without | moral ethical safety content emotional | LIMITS
0.4 8 | you ai chatbot assistant ais dan dans bot | no without any not never freed liberated | LIMITS norms bound chains policies policy
0.4 3 | your you | have has had are no | no longer not | need have rules LIMITS
0.6 4 | no longer | need have | follow comply obey | your anthropic openai policies guidelines with
0.5 1 | no without | rules restrictions | no without at and | all no ethical restrictions filters rules limits will
0.5 3 | not never cannot | refuse refuses refusing | any never and all no you ai it
0.5 2 | never cannot must not and | refuse refuses | and any you it to
0.5 1 | never cannot | refuse refuses
0.5 1 | must | comply obey | with all every me
0.5 2 | comply | with | all every | request* further demands
0.4 3 | no without not | disclaimer* warning* moralizing moralising lecture* | and without never or
0.4 3 | without | moralizing moralising | and you never
0.5 2 | say answer | anything everything every | with without no i uncensored
0.3 2 | answer answers | every anything everything | question
0.4 3 | unfiltered uncensored unrestricted | assistant response* version mode answer* ai language model and one
0.7 2 | with respond | uncensored unfiltered | answers response
1 4 | bypass disable remove deactivate circumvent evade break turn ignore violate lift | your openai anthropic off | safety content ethical ethics moderation moral filters guardrails censorship safeguards policies policy restrictions programming training
0.5 5 | disregard ignore violate | the your | safety content | policy policies guidelines
0.4 4 | openai anthropic google | content policy policies rules safety s | policy policies rules guidelines staff from
0.5 2 | developer jailbreak god unrestricted evil dan | mode | enabled generate respond has and reply you in
0.4 3 | enable enter switch now in activate | developer jailbreak god unrestricted evil dan | mode
0.5 4 | classic normal | jailbreak developer | mode gives without
0.5 2 | generate two reply | two with | responses normal personas
0.5 5 | stay | in | character
0.6 6 | tokens token | refuse lose | lose shut tokens
0.6 8 | opposite | day mode | rules
0.8 14 | grandma grandmother granny | used | napalm keys activation bomb meth windows recipe | sleep asleep act napalm
0.5 8 | act | grandma grandmother | who used | tell read
0.6 14 | fictional fiction hypothetical hypothetically novel story character educational | step exact detailed detail instructions explains | HARM
0.5 10 | step exact detailed detail recipe | steps step make build building write instructions recipe of | HARM
0.4 10 | hypothetical hypothetically | no | rules guidelines limits restrictions
0.5 6 | make build | HARM | home avoids steal undetected how to asleep
0.6 6 | evil amoral unethical | confidant chatbot assistant ai advice | no never remorse has that
0.6 4 | as an you | ai | freed liberated jailbroken unbound
0.5 4 | freed liberated free jailbroken | from of and | its all restrictions chains them rules can
0.5 4 | speak answer respond | freely true no as | self filter without any
0.6 3 | break free | your | programming yourself chains
0.5 3 | free | yourself | and from
0.4 3 | safety | is policy filters | disabled off suspended
0.8 8 | du wärst als tu | ki dan chatbot | ohne keine | einschränkung* filter regeln grenzen zensur
0.6 8 | du | jetzt | keine ohne | regeln einschränkung*
0.4 3 | ohne keine | filter regeln einschränkung* | und
1 8 | tu es être comme | ia assistant | sans | filtre restriction* limite* règles censure aucune
0.5 4 | tout | faire | tout
0.6 6 | réponds ia | sans | aucun filtre aucune | filtre restriction* limites limite
1 7 | eres actúa como | ia | sin | restricciones filtros límites reglas censura
0.8 6 | sei | ia un | senza | restrizioni limiti filtri regole
1 7 | você ser finja | ia | sem | restrições limites regras censura filtros
1 6 | ты притворись | ии | без | ограничен* цензур* правил* фильтр*
1 6 | alsof bent | ai | zonder | beperkingen regels filters
1 6 | jako jesteś | si ai | bez | ogranicz* zasad filtr*
`;

function parseRules(flag: Flag, table: string): readonly Rule[] {
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [head = '', ...slots] = line.split(' | ');
      const [weight, within, order] = head.trim().split(' ');
      const words = slots.map((slot) => slot.split(' ').flatMap((word) => SETS[word]?.split(' ') ?? [word]));
      return { flag, weight: Number(weight), within: Number(within), anyOrder: order === '~', slots: words };
    });
}

export const RULES: readonly Rule[] = [
  ...parseRules('prompt-injection', INJECTION),
  ...parseRules('jailbreak', JAILBREAK),
];
