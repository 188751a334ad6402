"""The words that invented citations are made of."""

from __future__ import annotations

__all__ = [
    "BANKS",
    "CITIES",
    "CONDITIONS",
    "COUNTRIES",
    "DESIGNS",
    "DRUGS",
    "ELSEWHERE",
    "FIELDS",
    "FOREIGN",
    "FORENAMES",
    "NAMES",
    "PARTS",
    "PEOPLE",
    "QUALIFIERS",
    "SENTENCES",
    "STATUSES",
    "TECHNIQUES",
    "VERBS",
]

TECHNIQUES = (
    ("Massage", "Massage", "D008405"),
    ("Neuromuscular massage", "Massage", "D008405"),
    ("Myofascial release", "Massage", "D008405"),
    ("Deep tissue massage", "Massage", "D008405"),
    ("Trigger point massage", "Trigger Points", "D052060"),
    ("Swedish massage", "Massage", "D008405"),
    ("Soft tissue therapy", "Therapy, Soft Tissue", "D000070558"),
    ("Foot reflexology", "Massage", "D008405"),
)
CONDITIONS = (
    ("neck pain", "Neck Pain", "D019547"),
    ("chronic low back pain", "Low Back Pain", "D017116"),
    ("shoulder pain", "Shoulder Pain", "D020069"),
    ("fibromyalgia", "Fibromyalgia", "D005356"),
    ("tension-type headache", "Tension-Type Headache", "D018781"),
    ("migraine", "Migraine Disorders", "D008881"),
    ("knee osteoarthritis", "Osteoarthritis, Knee", "D020370"),
    ("labour pain", "Labor Pain", "D048949"),
    ("pain after surgery", "Pain, Postoperative", "D010149"),
    ("cancer pain", "Cancer Pain", "D000072716"),
    ("dysmenorrhoea", "Dysmenorrhea", "D004412"),
    ("plantar heel pain", "Fasciitis, Plantar", "D036981"),
)
DRUGS = (
    ("Ibuprofen", "WK2XYI10QM", "D007052"),
    ("Lidocaine", "98PI200987", "D008012"),
    ("Analgesics, Opioid", None, "D000701"),
    ("Hydrocortisone", "WI4X0X7BPJ", "D006854"),
    ("Oils, Volatile", None, "D009822"),
)
ELSEWHERE = (
    ("tidal sediment", "Geologic Sediments", "D019015"),
    ("zebrafish larvae", "Zebrafish", "D015027"),
    ("barley rust", "Plant Diseases", "D010935"),
    ("hospital rosters", "Personnel Staffing and Scheduling", "D010561"),
    ("urban moths", "Moths", "D009036"),
    ("enzyme folding", "Protein Folding", "D017510"),
    ("bone cement", "Bone Cements", "D001843"),
    ("river plankton", "Plankton", "D010933"),
    ("school meals", "Lunch", "D060053"),
    ("tooth enamel", "Dental Enamel", "D003743"),
)
VERBS = ("Warming of", "Patterns in", "A survey of", "Ageing of", "Transport through", "Models of")
PEOPLE = (("Humans", "D006801"), ("Female", "D005260"), ("Male", "D008297"), ("Adult", "D000328"))
QUALIFIERS = (("therapy", "Q000628"), ("rehabilitation", "Q000534"), ("methods", "Q000379"))
DESIGNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("a randomised controlled trial", ("Journal Article", "Randomized Controlled Trial")),
    ("a pilot randomized trial", ("Journal Article", "Randomized Controlled Trial")),
    (
        "a systematic review and meta-analysis",
        ("Journal Article", "Systematic Review", "Meta-Analysis"),
    ),
    ("a narrative review", ("Journal Article", "Review")),
    ("study protocol for a randomised trial", ("Journal Article", "Clinical Trial Protocol")),
    ("a clinical practice guideline", ("Journal Article", "Practice Guideline")),
    ("a qualitative study", ("Journal Article",)),
    ("a case report", ("Case Reports", "Journal Article")),
    ("letter", ("Letter", "Comment")),
    ("a cohort study", ("Journal Article", "Observational Study")),
)
SENTENCES = (
    "{n} adults with {what} were allocated to {how} or to usual care for {w} weeks.",
    "{how} was given twice a week by therapists who had at least {w} years of practice.",
    "Intensity was rated from 0 to 10 before the first session and after week {w}.",
    "The groups differed by {d} points (95% CI {d} to {e}) in favour of {how}.",
    "No serious adverse event was reported; {w} people felt sore for a day.",
    "Data on {what} are sparse, and what there is comes from small samples.",
    "We searched five databases and found {n} reports, of which {w} met the criteria.",
    "Certainty was low because of imprecision and because nobody could be blinded.",
    "Further work on {what} should follow people for longer than {w} months.",
    "The mean age was {n} years, and about half of the sample were women.",
    "{how} may help with {what} in the short term, but the difference is small.",
    "Heterogeneity was considerable (I² = {n}%), and was not explained by dose.",
)
PARTS = (
    ("BACKGROUND", "BACKGROUND"),
    ("METHODS", "METHODS"),
    ("RESULTS", "RESULTS"),
    ("CONCLUSIONS", "CONCLUSIONS"),
)
NAMES = tuple(
    a + b
    for a in ("Tos", "Mare", "Hil", "Quan", "Ober", "Ze", "Ny", "Kas", "Pré", "Lind", "Ø", "Wü")
    for b in ("vig", "lund", "dorn", "tane", "mora", "bek", "nishi", "rado")
)
FORENAMES = ("Ada", "Bo", "Chi", "Dara", "Elif", "Femke", "Gil", "Hana", "Ivo", "Jun Li", "Kaja P")
CITIES = ("Nordhaven", "Port Elmswick", "Vellaria", "Kastro Sul", "Mirabeck", "Shironami")
FIELDS = ("Physiotherapy", "Pain Medicine", "Nursing", "Rheumatology", "Zoology", "Geology")
COUNTRIES = ("England", "United States", "Netherlands", "Japan", "Brazil", "Germany")
STATUSES = ("MEDLINE", "MEDLINE", "MEDLINE", "MEDLINE", "PubMed-not-MEDLINE", "Publisher")
BANKS = (
    ("ClinicalTrials.gov", "NCT9{:07d}"),
    ("ISRCTN", "ISRCTN9{:07d}"),
    ("ANZCTR", "ACTRN126{:011d}"),
)
FOREIGN = (("ger", "Massage bei {}"), ("fre", "Massage et {}"), ("spa", "Masaje y {}"))
