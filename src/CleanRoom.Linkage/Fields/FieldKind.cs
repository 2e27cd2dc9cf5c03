namespace CleanRoom.Linkage.Fields;

/// <summary>What a field holds: decides how its values are normalised, compared and used for blocking.</summary>
public enum FieldKind
{
    /// <summary>Given names.</summary>
    Given,

    /// <summary>Family names.</summary>
    Family,

    /// <summary>Whole names in any order and script; several values allowed.</summary>
    Name,

    /// <summary>A date, known in full or in part.</summary>
    Date,

    /// <summary>Numbers and codes where every character counts: documents, postcodes, plates, house numbers.</summary>
    Code,

    /// <summary>A telephone number.</summary>
    Phone,

    /// <summary>An e-mail address.</summary>
    Email,

    /// <summary>Words: streets, places, occupations.</summary>
    Text,

    /// <summary>One of a few words: gender, state.</summary>
    Category,

    /// <summary>A country, by name or code.</summary>
    Country,

    /// <summary>A number where near is similar: age, year.</summary>
    Number,
}
