using System.CommandLine;
using CleanRoom.Records.Wording;

namespace CleanRoom.Cli.Output;

/// <summary>Options that every command has.</summary>
internal static class Common
{
    public static readonly Option<bool> Json = new("--json") { Description = "Write one JSON object to standard output and nothing else.", Recursive = true };

    public static readonly Option<string?> Lang = new Option<string?>("--lang")
    {
        Description = "Language of what is said on the way to the first upload: " + string.Join(", ", Words.Languages) + ". Default: that of the terminal (LC_ALL, LC_MESSAGES, LANG).",
        HelpName = "LANG",
        Recursive = true,
    }.AcceptOnlyFromAmong([.. Words.Languages]);

    /// <summary>For commands that can do without services.</summary>
    public static readonly Option<bool> Offline = new("--offline") { Description = "Connect to nothing: verify what this profile kept of the room at its last visit." };

    public static readonly Option<string?> Home = new("--home")
    {
        Description = "Folder of the member's keys. Default: ~/.cleanroom/MEMBER.",
        HelpName = "DIR",
        Recursive = true,
    };

    public static readonly Option<string?> Member = new("--member")
    {
        Description = "The member, if ~/.cleanroom holds more than one.",
        HelpName = "ID",
        Recursive = true,
    };

    public static readonly Option<string?> Room = new("--room")
    {
        Description = "The room, if the profile knows more than one.",
        HelpName = "UUID",
        Recursive = true,
    };

    public static readonly Option<string?> PassphraseFile = new("--passphrase-file")
    {
        Description = "File with the passphrase of the organisation key.",
        HelpName = "FILE",
        Recursive = true,
    };

    public static readonly Option<string?> Ingestion = new("--ingestion")
    {
        Description = "Address of ingestion, if not the charter's.",
        HelpName = "URL",
        Recursive = true,
    };

    public static readonly Option<string?> Notification = new("--notification")
    {
        Description = "Address of notification, if not the charter's.",
        HelpName = "URL",
        Recursive = true,
    };

    public static readonly Option<string?> Broker = new("--broker")
    {
        Description = "Address of the own broker, if not the charter's.",
        HelpName = "URL",
        Recursive = true,
    };
}
