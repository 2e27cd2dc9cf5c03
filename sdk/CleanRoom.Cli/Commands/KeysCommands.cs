using System.CommandLine;
using System.Text.Json.Nodes;
using CleanRoom.Charter.Log;
using CleanRoom.Cli.Output;
using CleanRoom.Client;
using CleanRoom.Client.Keys;

namespace CleanRoom.Cli.Commands;

internal static class KeysCommands
{
    private static readonly Option<string[]> People = new("--person")
    {
        Description = "A person and roles, ID=ROLE,ROLE. Repeat it for more. Default: p1=approver,releaser,uploader.",
        HelpName = "ID=ROLES",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Argument<string> Person = new("ID") { Description = "Opaque id of the person, not a name." };

    private static readonly Option<string> Roles = new("--roles") { Description = "Roles, separated by commas: " + string.Join(", ", RoleWords.OfPeople) + ".", Required = true };

    private static readonly Option<string?> OrganisationKey = new("--organisation-key")
    {
        Description = "Where the organisation key lies already: in a PKCS#11 token, pkcs11:token=LABEL;object=LABEL?module-path=/PATH (RFC 7512), with &pin-source=file:/PATH if a file holds the PIN; "
            + "or in Azure Key Vault, https://NAME.vault.azure.net/keys/KEY/VERSION, signed in by \"az login\", or with ?sign-in=managed-identity by the machine.",
        HelpName = "ADDRESS",
    };

    private static readonly Option<string?> Key = new("--key") { Description = "Where the person's key lies already, as with --organisation-key.", HelpName = "ADDRESS" };

    public static Command Create()
    {
        var create = new Command("create", "Make the keys of a member: organisation, people, TLS and inbox.") { People, OrganisationKey };
        create.Handle(RunCreate);
        var show = new Command("show", "Show the public keys.");
        show.Handle(call => Show(call, call.Profile()));
        var add = new Command("add-person", "Add a person with a new key.") { Person, Roles, Key };
        add.Handle(call => Show(call, call.Profile().AddPerson(call.Get(Person), Parse(call.Get(Person), call.Get(Roles)), AddressOf(call.Get(Key)))));
        return new Command("keys", "Keys of this member on this machine.") { create, show, add };
    }

    private static int RunCreate(Call call)
    {
        var text = call.Get(Common.Member) ?? throw new ClientException(ClientProblem.Usage, "Name the member with --member: its id in the charter.");
        var member = Call.Member(text);
        var people = new Dictionary<string, PersonRoles>(StringComparer.Ordinal);
        foreach (var person in call.Get(People) ?? [])
        {
            var at = person.IndexOf('=', StringComparison.Ordinal);
            if (at < 1 || !people.TryAdd(person[..at], Parse(person[..at], person[(at + 1)..])))
            {
                throw new ClientException(ClientProblem.Usage, "--person must be ID=ROLE,ROLE with each id once.");
            }
        }

        var options = new ProfileOptions
        {
            People = people.Count > 0 ? people : new ProfileOptions().People,
            Passphrase = call.Passphrase(),
            OrganisationAddress = AddressOf(call.Get(OrganisationKey)),
            AskPin = call.AskPin,
        };
        var folder = call.Get(Common.Home) ?? MemberProfile.DefaultFolder(member);
        var exit = Show(call, MemberProfile.Create(folder, member, options, Call.Time));
        call.Screen.Note(
            "Copy this folder to a safe place now: nobody else holds these keys. "
            + (options.OrganisationAddress is not null ? "The organisation key is in the token or vault alone." : options.Passphrase.Length > 0 ? "Keep the passphrase elsewhere." : "The organisation key is not encrypted: keep keys/organisation.pem offline, or make keys with --passphrase-file."));
        return exit;
    }

    private static KeyAddress? AddressOf(string? text) => text is null ? null : KeyAddress.Parse(text);

    private static PersonRoles Parse(string person, string words) => RoleWords.TryParse(words.Split(','), out var roles)
        ? roles
        : throw new ClientException(ClientProblem.Usage, $"The roles of {person} must be out of {string.Join(", ", RoleWords.OfPeople)}, separated by commas.");

    private static int Show(Call call, MemberProfile profile)
    {
        var json = new JsonObject
        {
            ["member"] = profile.Member.Value,
            ["folder"] = profile.Folder,
            ["organisation"] = new JsonObject { ["id"] = profile.OrganisationKey.Id.ToString(), ["key"] = profile.OrganisationKey.ToJwk() },
            ["transport"] = new JsonObject { ["id"] = profile.TransportKey.Id.ToString(), ["key"] = profile.TransportKey.ToJwk() },
            ["people"] = new JsonArray([.. profile.People.Select(person => new JsonObject
            {
                ["person"] = person.Person,
                ["roles"] = new JsonArray([.. RoleWords.Write(person.Roles).Select(role => (JsonNode)role)]),
                ["id"] = person.PublicKey.Id.ToString(),
                ["key"] = person.PublicKey.ToJwk(),
            })]),
            ["inbox"] = new JsonArray([.. profile.InboxKeys.Select(key => new JsonObject
            {
                ["period"] = key.Period, ["id"] = key.PublicKey.Id.ToString(), ["key"] = key.PublicKey.ToJwk(),
            })]),
        };
        call.Screen.Result(json, null, () =>
        {
            call.Screen.Line($"Keys of {profile.Member} in {profile.Folder}");
            call.Screen.Table(
                ["key", "id", "roles"],
                [
                    ["organisation", profile.OrganisationKey.Id.ToString(), "signs charters and people"],
                    ["transport", profile.TransportKey.Id.ToString(), "TLS"],
                    .. profile.People.Select(person => (IReadOnlyList<string>)["person " + person.Person, person.PublicKey.Id.ToString(), string.Join(", ", RoleWords.Write(person.Roles))]),
                    .. profile.InboxKeys.Select(key => (IReadOnlyList<string>)[$"inbox {key.Period}", key.PublicKey.Id.ToString(), "opens messages"]),
                ]);
        });
        return ExitCodes.Ok;
    }
}
