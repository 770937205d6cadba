//! The words that letters have of themselves, in the languages that we have them in.

use comrak::nodes::AlertType;

/// The words of one language.
#[derive(Debug)]
pub(super) struct Phrases {
    /// Why readers get the letter; `{}` stands for the newsletter's name.
    reason: &'static str,
    /// What leads to this letter on the web.
    pub(super) this_letter: &'static str,
    /// What leads to all of them.
    pub(super) all_letters: &'static str,
    pub(super) unsubscribe: &'static str,
    /// The heading of the footnotes.
    pub(super) notes: &'static str,
    /// What the plain text calls them.
    pub(super) image: &'static str,
    pub(super) video: &'static str,
    /// Note, tip, important, warning, caution.
    alerts: [&'static str; 5],
}

impl Phrases {
    /// Those of a language (BCP 47), or else English.
    pub(super) fn of(language: &str) -> &'static Self {
        let primary = language.split('-').next().unwrap_or_default().to_ascii_lowercase();
        let known = LANGUAGES.iter().find(|(code, _)| *code == primary);
        known.map_or(&ENGLISH, |(_, phrases)| phrases)
    }

    /// Why readers of a newsletter get the letter.
    pub(super) fn reason(&self, newsletter: &str) -> String {
        self.reason.replace("{}", newsletter)
    }

    /// What a callout without a title is called.
    pub(super) fn alert(&self, kind: AlertType) -> &'static str {
        let [note, tip, important, warning, caution] = self.alerts;
        match kind {
            AlertType::Note => note,
            AlertType::Tip => tip,
            AlertType::Important => important,
            AlertType::Warning => warning,
            AlertType::Caution => caution,
        }
    }
}

pub(super) static ENGLISH: Phrases = Phrases {
    reason: "You receive this letter because you subscribed to {}.",
    this_letter: "Read it on the web",
    all_letters: "All letters on the web",
    unsubscribe: "Unsubscribe",
    notes: "Notes",
    image: "Image",
    video: "Video",
    alerts: ["Note", "Tip", "Important", "Warning", "Caution"],
};

static LANGUAGES: [(&str, Phrases); 8] = [
    (
        "de",
        Phrases {
            reason: "Sie erhalten diese E-Mail, weil Sie {} abonniert haben.",
            this_letter: "Im Web lesen",
            all_letters: "Alle Ausgaben im Web",
            unsubscribe: "Abmelden",
            notes: "Anmerkungen",
            image: "Bild",
            video: "Video",
            alerts: ["Hinweis", "Tipp", "Wichtig", "Warnung", "Vorsicht"],
        },
    ),
    (
        "fr",
        Phrases {
            reason: "Vous recevez cet e-mail à la suite de votre inscription à {}.",
            this_letter: "Lire sur le web",
            all_letters: "Toutes les lettres sur le web",
            unsubscribe: "Se désabonner",
            notes: "Notes",
            image: "Image",
            video: "Vidéo",
            alerts: ["Note", "Conseil", "Important", "Avertissement", "Attention"],
        },
    ),
    (
        "es",
        Phrases {
            reason: "Recibes este correo porque te suscribiste a {}.",
            this_letter: "Leer en la web",
            all_letters: "Todos los números en la web",
            unsubscribe: "Darse de baja",
            notes: "Notas",
            image: "Imagen",
            video: "Vídeo",
            alerts: ["Nota", "Consejo", "Importante", "Advertencia", "Precaución"],
        },
    ),
    (
        "it",
        Phrases {
            reason: "Ricevi questa e-mail in seguito alla tua iscrizione a {}.",
            this_letter: "Leggi sul web",
            all_letters: "Tutti i numeri sul web",
            unsubscribe: "Annulla l’iscrizione",
            notes: "Note",
            image: "Immagine",
            video: "Video",
            alerts: ["Nota", "Consiglio", "Importante", "Avviso", "Attenzione"],
        },
    ),
    (
        "nl",
        Phrases {
            reason: "Je ontvangt deze e-mail omdat je je op {} hebt geabonneerd.",
            this_letter: "Lees op het web",
            all_letters: "Alle nummers op het web",
            unsubscribe: "Afmelden",
            notes: "Noten",
            image: "Afbeelding",
            video: "Video",
            alerts: ["Opmerking", "Tip", "Belangrijk", "Waarschuwing", "Voorzichtig"],
        },
    ),
    (
        "pt",
        Phrases {
            reason: "Recebe este e-mail porque assinou {}.",
            this_letter: "Ler na web",
            all_letters: "Todas as edições na web",
            unsubscribe: "Cancelar a assinatura",
            notes: "Notas",
            image: "Imagem",
            video: "Vídeo",
            alerts: ["Nota", "Dica", "Importante", "Aviso", "Cuidado"],
        },
    ),
    (
        "pl",
        Phrases {
            reason: "Otrzymujesz tę wiadomość, ponieważ subskrybujesz {}.",
            this_letter: "Czytaj w internecie",
            all_letters: "Wszystkie wydania w internecie",
            unsubscribe: "Wypisz się",
            notes: "Przypisy",
            image: "Obraz",
            video: "Wideo",
            alerts: ["Informacja", "Wskazówka", "Ważne", "Ostrzeżenie", "Uwaga"],
        },
    ),
    (
        "sv",
        Phrases {
            reason: "Du får det här mejlet eftersom du prenumererar på {}.",
            this_letter: "Läs på webben",
            all_letters: "Alla nummer på webben",
            unsubscribe: "Avsluta prenumerationen",
            notes: "Noter",
            image: "Bild",
            video: "Video",
            alerts: ["Obs", "Tips", "Viktigt", "Varning", "Se upp"],
        },
    ),
];
