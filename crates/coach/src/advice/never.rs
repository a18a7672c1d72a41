//! What is never advised, whoever wrote it: a deed near a thing, in French and English, however either is inflected.
//!
//! `reading` says how a text is read, and whether a deed is told or denied.

#[cfg(test)]
mod tests;

use super::reading::{Text, Words};

/// A deed that must not be advised of a thing.
struct Ban {
    deeds: Words,
    things: Words,
    /// How many words before and after the deed the thing may stand.
    reach: (usize, usize),
    /// What makes it harmless, between the two or up to so many words after.
    unless: (Words, usize),
    /// Wrong when it is told ("modify"), or when it is denied ("do not obey").
    told: bool,
}

const AMMUNITION: Words = "munition-, cartouche-, ammo, ammunition-, cartridge-, cases, douille-, etuis, brass, bullet-, balles, rounds, poudre, powder, \
        amorces, primers, handloads";
const TRIGGER: Words = "detente-, gachette-, trigger-, sear, chien, percuteur, firing pin, ressort, ressorts, spring, springs, hammer";
const SAFETY: Words = "surete-, safety, safeties, securite-, cran d arret";
const AUTHORITY: Words = "directeur-, directrice-, arbitre-, officer-, rso, ro, range master, marshal-, referee-, moniteur-, instructeur-, \
        instructor-, consigne-, ordres, ordre, orders, order, commande-, commands, command, rule, rules, regle, regles, \
        reglement-, securite, safety, cessez le feu, cease fire, ceasefire, repos, indisponib-, unavailab-, absence, conge-";
const PAIN: Words = "douleur-, douloureu-, pain, pains, painful, hurt-, sore, soreness, bless-, injur-, crampe-, cramp-, tendinit-, tendonit-, \
        ache, aches, aching, souffr-, gene, fai- mal, fass- mal, fera mal, avez mal, as mal, ayez mal, mal au, mal aux, mal a";
const REST: Words = "repos, rest, pause, pauses, break, breaks";
const STOPS: Words = "arret-, stop-, cess-, pos-, repos-, interromp-, medecin, doctor, pause, rest";

const BANS: [Ban; 17] = [
    // Ammunition is bought, not made.
    Ban {
        deeds: "recharg-, reload-, handload-, surcharg-, overload-, fabriqu-, bricol-, serti-, augment-, increas-, boost-, dos-, modifi-, \
        modify-, gonfl-, hotter, stronger, assembl-, homemade, own, propres, maison, ajout-, add, adding, more, pouss-",
        things: AMMUNITION,
        reach: (6, 7),
        unless: ("chargeur, magazine, magazines", 0),
        told: true,
    },
    Ban {
        deeds: "davantage, more, plus, mett-, mets, put, putting, charg-, use, utilis-",
        things: "poudre, powder",
        reach: (0, 5),
        unless: ("", 0),
        told: true,
    },
    Ban {
        deeds: "augment-, increas-, pouss-, hotter, hot, boost-, surdos-",
        things: "charge, charges, load, loads",
        reach: (2, 4),
        unless: ("entrainement-, travail, training, work-, mental-, physique, horaire, equipe, crew, personne", 2),
        told: true,
    },
    // A weapon stays as it was made.
    Ban {
        deeds: "modif-, modify-, alleg-, limer, limez, lime, limes, limant, file, files, filed, filing, poli, polir, poliss-, polish-, \
        trafiqu-, bricol-, tamper-, alter-, meul-, grind-, ponc-, sanding, sandpaper, papier, shav-, coupez, couper, cut, cutting, raccourci-, shorten-, \
        lighten-, tun-, customi-, demont-, disassembl-, gunsmith-",
        things: TRIGGER,
        reach: (7, 7),
        unless: ("exercice-, doigt, finger, pression, pressure, temps, time, ami, amis, friend-", 0),
        told: true,
    },
    Ban {
        deeds: "regl-, ajust-, adjust-, chang-, remplac-, replac-, redui-, reduc-, lower-, swap-, install-, adouci-, durci-, assoupli-, soften-, lighter, \
        softer, drop, light-",
        things: TRIGGER,
        reach: (0, 5),
        unless: (
            "doigt, finger, pression, pressure, appui, souffle, breath-, prise, grip, position, exercice-, press-, squeez-, hausse, \
        sight-, visee, cadence, pace, rythme, rhythm, vitesse, speed, touch, puis, avant, before, target, cible",
            0,
        ),
        told: true,
    },
    Ban {
        deeds: "lighter, softer, plus leger, plus legere, plus douce, plus souple, plus courte",
        things: TRIGGER,
        reach: (4, 0),
        unless: ("touch, doigt, finger, pression, pressure, press-, prise, grip", 2),
        told: true,
    },
    Ban {
        deeds: "desactiv-, retir-, enlev-, otez, oter, supprim-, neutralis-, contourn-, bloqu-, coinc-, debranch-, deviss-, unscrew-, disabl-, remov-, \
        defeat-, bypass-, overrid-, deactivat-, disengag-, off, tape, taping, demont-, sabot-, modif-, modify-, saut-, skip-, \
        neglig-, neglect-",
        things: SAFETY,
        reach: (4, 5),
        unless: ("doigt, finger, mett-, engag-, enclench-, lunettes, glasses, target, cible", 0),
        told: true,
    },
    Ban {
        deeds: "enlev-, retir-, otez, oter, remov-, off, sans, without, skip-, oubli-, forget",
        things: "lunettes, glasses, goggles, casque, bouchons, earplugs, earmuffs, muffs, protection-, hearing",
        reach: (4, 5),
        unless: ("apres la seance, after the session", 4),
        told: true,
    },
    // Who commands on the range is obeyed, and so is a rule.
    Ban {
        deeds: "ignor-, contourn-, enfrei-, neglig-, transgress-, brav-, bafou-, desobei-, outrepass-, passez outre, passer outre, \
        passe outre, moqu-, fich-, oubli-, skip-, bend, bending, break the, breaking, disregard-, disobey-, flout-, bypass-, \
        overlook-, neglect-, defy-, forget, overrul-, override-, defi, defier, defiez, libert-, malgre, despite, regardless, \
        contredi-, argu-",
        things: AUTHORITY,
        reach: (5, 6),
        unless: ("prenez, prends, take, absence de, absence of, in order", 1),
        told: true,
    },
    Ban {
        deeds: "suiv-, suis, ecout-, obei-, respect-, follow-, obey-, listen-, heed-, observ-, compte, attention, mind, attend-, wait-",
        things: AUTHORITY,
        reach: (3, 7),
        unless: ("reposez-, gener-", 0),
        told: false,
    },
    // Whoever hurts stops.
    Ban {
        deeds: "tirez, tirer, tire, tires, tirant, shoot-, fire, firing, continu-, poursui-, persever-, persist-, insist-, entrain-, \
        train, training, forc-, push, pushing, carry on, keep going, go on, press on, termin-, finiss-, finish-, enchain-, \
        reprenez, reprends",
        things: PAIN,
        reach: (8, 8),
        unless: (
            "sans douleur, aucune douleur, pas de douleur, plus de douleur, plus mal, aucun mal, no pain, without pain, pain free, \
        pain is gone, pain has gone, pain goes, pain stops, it is gone, hurts no, douleur a dispar-, douleur ait dispar-, \
        douleur dispar-, douleur passee, douleur est passee, elle a dispar-, elle ait dispar-, no longer, dispar-, a l aise, \
        mal vis-, mal group-, mal plac-, mal lach-, mal regl-, mal dormi",
            6,
        ),
        told: true,
    },
    Ban {
        deeds: "malgre, despite, spite, depit, through, past, regardless, ignor-, oubli-, brav-, surmont-, importe, matter, forget, \
        outre, serr- les dents, grit-, live with, support-, tough-, endur-, encaiss-, disregard-, jusqu, until, neglig-",
        things: PAIN,
        reach: (0, 5),
        unless: ("ait dispar-, a dispar-, dispar-, is gone, has gone, goes, stops", 6),
        told: true,
    },
    Ban {
        deeds: "meme si, meme quand, meme avec, even if, even when, even though, even with",
        things: PAIN,
        reach: (0, 7),
        unless: (STOPS, 6),
        told: true,
    },
    Ban { deeds: STOPS, things: PAIN, reach: (8, 8), unless: ("", 0), told: false },
    Ban {
        deeds: "pren-, prend-, aval-, take, taking, buv-, boi-, bois, drink-, swallow-, use, utilis-, avec, with",
        things: "antidouleur-, painkiller-, ibuprofen-, paracetamol, alcool, alcohol, biere-, beer-, whisk-, verre de vin, glass of wine, \
        betabloquant-, beta bloquant-, beta blocker-, propranolol, calmant-, sedative-, anxiolyt-",
        reach: (0, 5),
        unless: ("", 0),
        told: true,
    },
    // The rest between two calls is a rule.
    Ban {
        deeds: "redui-, reduc-, raccourci-, rogn-, sacrifi-, saut-, supprim-, skip-, shorten-, cut, cutting, trim-, sacrific-, annul-, \
        cancel-, malgre, despite, through, ecourt-, ignor-, zapp-, drop, waiv-",
        things: REST,
        reach: (1, 5),
        unless: (
            "rest of, appel-, call-, cadence, journee-, day-, mission-, seance-, session-, afin, pour, so, serie-, series, quota-, \
        points",
            0,
        ),
        told: true,
    },
    Ban { deeds: "respect-, accord-, observ-, grant-, honor-, honour-", things: REST, reach: (2, 5), unless: ("", 0), told: false },
];

/// Who commands on the range is spoken of to be heeded, or not at all.
const COMMANDER: Words = "directeur de tir, directrice de tir, directeurs de tir, range officer, range officers, range master, rso";
const HEEDED: Words = "suiv-, suis, ecout-, obei-, respect-, attend-, demand-, preven-, signal-, montr-, follow-, obey-, listen-, heed-, wait-, \
        ask-, tell-, show-, call-, appel-";

pub fn is_unsafe(text: &str) -> bool {
    let text = Text::of(text);
    text.slights(COMMANDER) || BANS.iter().any(|ban| text.breaks(ban))
}

impl Text {
    fn breaks(&self, ban: &Ban) -> bool {
        let things: Vec<usize> = self.found(ban.things).collect();
        !things.is_empty()
            && self.found(ban.deeds).any(|deed| {
                let near = |thing: &&usize| self.is_near(deed, **thing, ban) && !self.is_harmless(deed, **thing, ban);
                things.iter().any(|thing| near(&thing)) && self.is_told(deed) == ban.told
            })
    }
    fn is_near(&self, deed: usize, thing: usize, ban: &Ban) -> bool {
        let (behind, ahead) = ban.reach;
        let (d, t) = (&self.0[deed], &self.0[thing]);
        // A pronoun stands for what was spoken of before it, a sentence ago at most.
        let meant = d.back && thing < deed && t.sentence + 1 >= d.sentence;
        thing != deed && (meant || d.sentence == t.sentence && thing + behind >= deed && thing <= deed + ahead)
    }
    fn is_harmless(&self, deed: usize, thing: usize, ban: &Ban) -> bool {
        let (from, to) = (deed.min(thing), deed.max(thing) + ban.unless.1);
        self.found(ban.unless.0).any(|at| (from..=to).contains(&at) && self.0[at].sentence <= self.0[deed.max(thing)].sentence)
    }

    fn slights(&self, commander: Words) -> bool {
        self.found(commander).any(|who| {
            let heeds = |deed: usize| self.0[deed].sentence == self.0[who].sentence && self.is_told(deed);
            !self.found(HEEDED).any(heeds) && self.is_told(who)
        })
    }
}
